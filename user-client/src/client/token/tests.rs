use std::fs;

use super::*;

fn access(token: Option<&str>, file: Option<&Path>) -> Access {
    Access {
        token: token.map(|it| it.parse().unwrap()),
        token_file: file.map(Path::to_owned),
        plaintext_token: false,
    }
}

fn of(access: &Access, server: &str) -> Result<Token, String> {
    let token = Token::of(access, &server.parse().unwrap());
    token.map_err(|failure| failure.to_string())
}

#[test]
fn a_token_goes_out_encrypted_or_not_far() {
    let access = access(Some("a.b.c"), None);
    for server in [
        "https://users.example",
        "http://localhost:8888",
        "http://127.0.0.9:1,[::1]:2",
    ] {
        assert!(of(&access, server).is_ok(), "{server}");
    }
    for server in [
        "http://users.example:8888",
        "http://localhost:1,users:2",
        "dns:///users:8888",
        "http://localhost.users.example:1",
    ] {
        let refused = of(&access, server).unwrap_err();
        assert!(refused.contains("in plain text; use https://"), "{refused}");
        let said_so = Access {
            plaintext_token: true,
            ..access.clone()
        };
        assert!(of(&said_so, server).is_ok(), "{server}");
    }
}

#[test]
fn the_token_is_sent_and_never_shown() {
    let mut token = of(&access(Some("canary"), None), "http://localhost:1").unwrap();
    let request = token.call(Request::new(())).unwrap();

    let sent = request.metadata().get("authorization").unwrap();
    assert_eq!(sent, "Bearer canary");
    for shown in [format!("{token:?}"), format!("{request:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn what_can_be_no_token_is_refused_without_being_repeated() {
    for token in ["", "canary canary", "canary\n", "canäry"] {
        let refused = of(&access(Some(token), None), "http://localhost:1").unwrap_err();
        assert!(
            refused.contains("no token") && !refused.contains("can"),
            "{refused}"
        );
    }
    let missing = of(
        &access(None, Some(Path::new("/nowhere/token"))),
        "http://localhost:1",
    );
    assert!(
        missing
            .unwrap_err()
            .contains("cannot read a token from /nowhere/token")
    );
}

#[test]
fn a_file_that_is_replaced_is_read_again_and_one_that_is_gone_is_remembered() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "first\n").unwrap();
    let mut token = of(&access(None, Some(file.path())), "http://localhost:1").unwrap();
    let mut sent = || {
        // As if it had been read long ago.
        if let Some(Source::File { read, .. }) = token.0.as_deref() {
            read.lock().unwrap().at -= FRESH;
        }
        let request = token.call(Request::new(())).unwrap();
        request.metadata().get("authorization").unwrap().clone()
    };
    assert_eq!(sent(), "Bearer first");
    fs::write(&file, "second").unwrap();
    assert_eq!(sent(), "Bearer second");
    fs::remove_file(&file).unwrap();
    assert_eq!(sent(), "Bearer second");
}
