//! Completions in real shells, below subcommands too, and man pages.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use testkit::{Output, Terminal, run};

const LIMIT: Duration = Duration::from_secs(30);

/// What is typed, and the option that it is completed to.
const CASES: [(&str, &str); 4] = [
    ("user-client import --rej", "--rejects"),
    ("user-client trace show --jae", "--jaeger"),
    (
        "user-service migrate --database-migration-url-f",
        "--database-migration-url-file",
    ),
    ("user-service serve --shutdown-g", "--shutdown-grace"),
];

/// The completion scripts of both programs for `shell` in a folder.
async fn scripts(shell: &str, folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for name in ["user-client", "user-service"] {
        let script = run(name, &["completions", shell], &[]).await;
        assert!(script.status.success(), "{script:?}");
        let path = folder.join(format!("{name}.{shell}"));
        std::fs::write(&path, script.stdout).unwrap();
        paths.push(path);
    }
    paths
}

/// The program of a shell, unless it is not installed.
fn shell(name: &str) -> Option<PathBuf> {
    let found = xtask::programs::find(name);
    if found.is_none() {
        println!("skipped: {name} is not installed");
    }
    found
}

/// Completes each case on a terminal with Tab, after `set_up` was typed.
async fn complete_with_tab(shell: &Path, arguments: &[&str], set_up: &str) {
    for (typed, expected) in CASES {
        let variables = [("TERM", "dumb"), ("PS1", "ready> ")];
        let mut terminal = Terminal::start(shell, arguments, &variables, 200);
        terminal.wait_for("ready> ", LIMIT).await;
        terminal.type_in(format!("{set_up}; echo 'set 'up\n").as_bytes());
        terminal.wait_for("set up", LIMIT).await;
        terminal.type_in(format!("{typed}\t").as_bytes());
        terminal.wait_for(expected, LIMIT).await;
    }
}

#[tokio::test]
async fn bash_completes_the_options_of_a_subcommand() {
    let Some(bash) = shell("bash") else { return };
    let folder = tempfile::tempdir().unwrap();
    let paths = scripts("bash", folder.path()).await;
    let set_up = format!(
        "source {} ; source {}",
        paths[0].display(),
        paths[1].display()
    );
    complete_with_tab(&bash, &["--norc", "--noprofile", "-i"], &set_up).await;
}

#[tokio::test]
async fn zsh_completes_the_options_of_a_subcommand() {
    let Some(zsh) = shell("zsh") else { return };
    let folder = tempfile::tempdir().unwrap();
    let paths = scripts("zsh", folder.path()).await;
    let set_up = format!(
        "autoload -U compinit; compinit -u -D; source {} ; source {}",
        paths[0].display(),
        paths[1].display()
    );
    complete_with_tab(&zsh, &["-f", "-i"], &set_up).await;
}

#[tokio::test]
async fn fish_completes_the_options_of_a_subcommand() {
    let Some(fish) = shell("fish") else { return };
    let folder = tempfile::tempdir().unwrap();
    let paths = scripts("fish", folder.path()).await;
    for (typed, expected) in CASES {
        let script = format!(
            "source {}; source {}; complete -C '{typed}'",
            paths[0].display(),
            paths[1].display()
        );
        let output = Command::new(&fish)
            .args(["--no-config", "-c", &script])
            .env("HOME", folder.path())
            .output()
            .unwrap();
        let offered = String::from_utf8_lossy(&output.stdout);
        assert!(offered.contains(expected), "{typed}: {output:?}");
    }
}

#[test]
fn reader_that_closes_the_pipe_ends_a_command_that_prints_without_an_error() {
    for name in ["user-client", "user-service"] {
        for command in [&["completions", "bash"][..], &["config"]] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut program = Command::new(testkit::program(name));
            let output = program.args(command).stdout(writer).output().unwrap();
            assert!(output.status.success(), "{name} {command:?}: {output:?}");
            assert_eq!(output.stderr, b"", "{name} {command:?}: {output:?}");
        }
    }
}

#[tokio::test]
async fn each_command_has_a_man_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    for name in ["user-client", "user-service"] {
        let output: Output = run(name, &["man", "--out", pages.to_str().unwrap()], &[]).await;
        assert!(output.status.success(), "{output:?}");
    }
    for (page, words) in [
        ("user-client.1", "Exit codes"),
        ("user-client-import.1", "rejects"),
        ("user-client-trace-show.1", "jaeger"),
        ("user-service.1", "LISTEN_ADDR"),
        ("user-service-migrate.1", "STARTUP_TIMEOUT"),
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(words), "{page}: {text}");
    }
    for name in ["user-client", "user-service"] {
        let blocked = run(name, &["man", "--out", "/dev/null/x"], &[]).await;
        assert!(blocked.stderr.contains("correct --out"), "{blocked:?}");
    }
}
