use std::fs;
use std::path::Path;

use super::*;

fn sent(token: &Token) -> HeaderValue {
    let mut headers = HeaderMap::new();
    token.authorize(&mut headers);
    headers[AUTHORIZATION].clone()
}

#[test]
fn the_token_is_sent_and_never_shown() {
    let token = Token::from_text("canary").unwrap();
    assert_eq!(sent(&token), "Bearer canary");
    for shown in [format!("{token:?}"), format!("{:?}", sent(&token))] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn what_cannot_be_a_token_is_refused_without_being_repeated() {
    for text in ["", "canary canary", "canary\n", "canäry"] {
        let refused = Token::from_text(text).unwrap_err();
        let shown = format!("{refused}{refused:?}");
        assert!(!shown.contains("can"), "{shown}");
    }
    let missing = Token::from_file(Path::new("/nowhere/token").to_owned()).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/token"), "{missing}");
}

#[test]
fn a_file_that_is_replaced_is_read_again_and_one_that_is_gone_is_remembered() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "first\n").unwrap();
    let token = Token::from_file(file.path().to_owned()).unwrap();
    let sent = || {
        // As if it had been read long ago.
        if let Some(TokenSource::File(followed)) = token.0.as_deref() {
            followed.lock().unwrap().polled -= FRESH;
        }
        sent(&token)
    };
    assert_eq!(sent(), "Bearer first");
    fs::write(&file, "second").unwrap();
    assert_eq!(sent(), "Bearer second");
    fs::write(&file, "not a token").unwrap();
    assert_eq!(sent(), "Bearer second");
    fs::remove_file(&file).unwrap();
    assert_eq!(sent(), "Bearer second");
}
