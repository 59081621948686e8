//! `import`: files as spreadsheets, databases and this program itself write them.

use testkit::{Output, TestEnv};

async fn import(env: &TestEnv, name: &str, content: &str, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, content).unwrap();
    let arguments = [&["import", file.to_str().unwrap()], flags].concat();
    env.client(&arguments).await
}

fn assert_imported(output: &Output, counts: &str) {
    let all = format!("imported {counts} row");
    assert!(output.stdout.starts_with(&all), "{output:?}");
}

#[tokio::test]
async fn a_list_of_json_is_imported_however_many_lines_it_has() {
    let env = TestEnv::configured(&[]).await;
    let list = "[\n  {\"name\": \"A\",\n   \"email\": \"a@example.com\"},\n  {\"name\": \"B\", \"email\": \"b@example.com\"}\n]\n";
    for name in ["users.json", "users"] {
        let output = import(&env, name, list, &[]).await;
        assert_imported(&output, "2 of 2");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let cut = &list[..list.len() - 3];
    let output = import(&env, "users.json", cut, &[]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        output.stderr.contains("the list is not closed by ]"),
        "{output:?}"
    );
    env.finish().await;
}

#[tokio::test]
async fn other_delimiters_are_imported_and_kept_in_the_rejects() {
    let env = TestEnv::configured(&[]).await;
    let files = tempfile::tempdir().unwrap();
    let rejects = files.path().join("rejects.csv");
    let rejects = rejects.to_str().unwrap();
    let caret: &[&str] = &["--delimiter", "^"];
    let table: [(&str, &str, &[&str]); 4] = [
        (
            ";",
            "name;email\nLovelace, Ada;0a@example.com\nB;no address\n",
            &[],
        ),
        (
            ";",
            "sep=;\r\nname;email\r\nC;1a@example.com\r\nB;no address\r\n",
            &[],
        ),
        ("\t", "name\temail\nD\t2a@example.com\nB\tno address\n", &[]),
        ("^", "name^email\nE^3a@example.com\nB^no address\n", caret),
    ];
    for (number, (delimiter, content, flags)) in table.into_iter().enumerate() {
        let with_rejects = [flags, &["--rejects", rejects]].concat();
        let output = import(&env, "users.csv", content, &with_rejects).await;
        assert_imported(&output, "1 of 2");
        assert_eq!(output.status.code(), Some(8), "{output:?}");
        let written = std::fs::read_to_string(rejects).unwrap();
        let titles = ["name", "email", "phone", "line", "reason"].join(delimiter);
        assert!(written.starts_with(&titles), "{written}");
        let mended = written.replace("no address", &format!("{number}b@example.com"));
        let output = import(&env, "mended.csv", &mended, flags).await;
        assert_imported(&output, "1 of 1");
    }
    env.finish().await;
}

#[tokio::test]
async fn what_list_get_and_lookup_write_as_json_is_imported_elsewhere() {
    let (from, to) = tokio::join!(TestEnv::configured(&[]), TestEnv::configured(&[]));
    let users = "name,email,phone\nA,a@example.com,+4930123456\nB,b@example.com,\n";
    assert_imported(&import(&from, "users.csv", users, &[]).await, "2 of 2");
    let commands: [(&[&str], &str); 3] = [
        (&["list"], "2 of 2"),
        (&["get", "1"], "1 of 1"),
        (&["lookup", "1", "2"], "2 of 2"),
    ];
    for (command, counts) in commands {
        let json = [command, &["--output", "json"]].concat();
        let written = from.client(&json).await.stdout;
        // Again and again they are the same rows.
        assert_imported(&import(&to, "users.json", &written, &[]).await, counts);
    }
    let listed = to.client(&["list", "--output", "json"]).await.stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    to.finish().await;
    from.finish().await;
}

#[tokio::test]
async fn a_dash_is_no_file_to_write_to() {
    let env = TestEnv::configured(&[]).await;
    for command in [
        &["import", "users.csv", "--rejects", "-"][..],
        &["get", "1", "--svg", "-"],
    ] {
        let output = env.client(command).await;
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stderr.contains("name a file"), "{output:?}");
        assert!(output.files.is_empty(), "{output:?}");
    }
    env.finish().await;
}

#[tokio::test]
async fn rejects_that_cannot_be_written_are_shown_instead() {
    let env = TestEnv::configured(&[]).await;
    let rows = "name,email\nA,no address\n";

    let output = import(&env, "users.csv", rows, &["--rejects", "/dev/full"]).await;

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("  line 2: email: "), "{output:?}");
    let unwritten = "error: cannot write /dev/full: No space left on device";
    assert!(output.stderr.contains(unwritten), "{output:?}");
    assert!(!output.stderr.contains("are in /dev/full"), "{output:?}");
    env.finish().await;
}
