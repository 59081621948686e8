//! What others wrote is harmless where a terminal or a spreadsheet reads it.

use serde_json::Value;
use testkit::TestEnv;

/// Reversed, with what can't be seen, and a line of its own; a name may have all of these.
const NAME: &str = "A\u{202e}\u{200b}\u{2066}\u{61c}\u{2028}\u{feff}\u{e0041}Z";

#[tokio::test]
async fn a_name_is_shown_without_what_a_terminal_obeys_and_json_has_it_escaped() {
    let env = TestEnv::configured(&[]).await;
    let created = env
        .client(&["create", "--name", NAME, "--email", "a@example.com"])
        .await;
    assert!(created.status.success(), "{created:?}");
    for command in [&["get", "1"][..], &["list"], &["lookup", "1"]] {
        let table = env.client(command).await.stdout;
        assert!(
            table.contains(&format!("A{}Z", "\u{fffd}".repeat(7))),
            "{table}"
        );
        assert!(!table.contains(&NAME[1..4]), "{table}");

        let json = env.client(&[command, &["--output", "json"]].concat()).await;
        let escaped = r#""A\u202e\u200b\u2066\u061c\u2028\ufeff\udb40\udc41Z""#;
        assert!(json.stdout.contains(escaped), "{}", json.stdout);
        let user: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(user["name"], NAME);
    }
}

#[tokio::test]
async fn no_rejected_cell_is_a_formula_and_the_file_can_be_imported_again() {
    let env = TestEnv::configured(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, rejects) = (path("users.csv"), path("rejects.csv"));
    let rows = "name,email,phone\n=1+1,no address,+4930123456\n'@b,no address,\n";
    std::fs::write(&file, rows).unwrap();
    env.client(&["import", &file, "--rejects", &rejects]).await;
    let written = std::fs::read_to_string(&rejects).unwrap();
    assert!(
        written.contains("\n'=1+1,no address,'+4930123456,2,"),
        "{written}"
    );
    assert!(written.contains("\n'@b,no address,,3,"), "{written}");

    let mended = written.replacen("no address", "a@example.com", 1).replacen(
        "no address",
        "b@example.com",
        1,
    );
    std::fs::write(&file, mended).unwrap();
    let again = env.client(&["import", &file]).await;
    assert!(again.status.success(), "{again:?}");
    let listed = env.client(&["list", "--output", "json"]).await.stdout;
    let users: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&users[0]["name"], &users[0]["phone"]),
        (&"=1+1".into(), &"+4930123456".into())
    );
    assert_eq!(users[1]["name"], "@b");
}
