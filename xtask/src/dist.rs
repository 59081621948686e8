//! `cargo xtask dist`: what a release offers for this machine's target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::tools;

use crate::{Result, child};

const PROGRAMS: [&str; 2] = ["user-service", "user-client"];
/// Shells, and the file that each looks for, for a program of the name `{}`.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "completions/{}.bash"),
    ("zsh", "completions/_{}"),
    ("fish", "completions/{}.fish"),
];
const DOCUMENTS: [&str; 3] = ["LICENSE", "README.md", "CHANGELOG.md"];

/// What is packed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A folder with both programs, which are not built then
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// The tag that is released, which has to name the version of the workspace
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

/// Writes an archive of both programs, their completions and man pages to `target/dist`,
/// and a file with its checksum.
pub(crate) fn run(options: &Options) -> Result {
    let version = env!("CARGO_PKG_VERSION");
    if let Some(tag) = options
        .tag
        .as_ref()
        .filter(|tag| **tag != format!("v{version}"))
    {
        return Err(format!(
            "the tag {tag} is not v{version}, the version in Cargo.toml"
        ));
    }
    let programs = match &options.programs {
        Some(folder) => folder.clone(),
        None => built()?,
    };
    let dist = tools::workspace().join("target/dist");
    let name = format!("users-{version}-{}", target()?);
    let folder = dist.join(&name);
    // What an earlier run has left may be of another version.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| cannot("remove", &folder, &error))?;
    }
    for program in PROGRAMS {
        add_program(&programs.join(program), program, &folder)?;
    }
    for document in DOCUMENTS {
        copy(&tools::workspace().join(document), &folder.join(document))?;
    }
    pack(&dist, &name)
}

/// The folder of both programs, built for speed.
fn built() -> Result<PathBuf> {
    let mut build = child::cargo();
    build.args(["build", "--release", "--locked"]);
    for program in PROGRAMS {
        build.args(["-p", program]);
    }
    child::run(&mut build)?;
    Ok(tools::workspace().join("target/release"))
}

/// The target that rustc builds for here.
fn target() -> Result<String> {
    let said = child::output(child::in_workspace("rustc").arg("-vV"))?.stdout;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc doesn't say what it builds for".to_owned())
}

/// The program, and what it writes of itself.
fn add_program(program: &Path, name: &str, folder: &Path) -> Result {
    copy(program, &folder.join("bin").join(name))?;
    for (shell, file) in COMPLETIONS {
        let script = child::output(Command::new(program).args(["completions", shell]))?;
        write(&folder.join(file.replace("{}", name)), &script.stdout)?;
    }
    let man = folder.join("man");
    child::run(Command::new(program).args(["man", "--out"]).arg(man))
}

/// `users-….tar.gz` and its checksum, as `sha256sum --check` reads it.
fn pack(dist: &Path, name: &str) -> Result {
    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    child::run(tar.current_dir(dist).args(["-czf", &archive, name]))?;
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(dist)
        .args(["dgst", "-sha256", "-r", &archive]);
    let digest = child::output(&mut openssl)?.stdout;
    let digest = digest.split_whitespace().next().unwrap_or_default();
    write(
        &dist.join(format!("{archive}.sha256")),
        &format!("{digest}  {archive}\n"),
    )?;
    eprintln!("    target/dist/{archive}");
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result {
    create_parent(to)?;
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| cannot("copy", from, &error))
}

fn write(file: &Path, text: &str) -> Result {
    create_parent(file)?;
    fs::write(file, text).map_err(|error| cannot("write", file, &error))
}

fn create_parent(file: &Path) -> Result {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent).map_err(|error| cannot("create", parent, &error))
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> String {
    format!("can't {what} {}: {error}", file.display())
}
