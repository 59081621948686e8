use super::*;

fn with_token(target: &str) -> Builder {
    let token = Token::from_text("a.b.c").unwrap();
    Builder::new(target.parse().unwrap()).token(token)
}

#[tokio::test]
async fn a_token_goes_out_encrypted_or_not_far() {
    for target in [
        "https://users.example",
        "http://localhost:8888",
        "http://127.0.0.9:1,[::1]:2",
    ] {
        let opened = with_token(target).open(&Telemetry::off());
        assert!(opened.is_ok(), "{target}: {opened:?}");
    }
    for target in [
        "http://users.example:8888",
        "http://localhost:1,users:2",
        "dns:///users:8888",
        "http://localhost.users.example:1",
    ] {
        let builder = with_token(target);
        let refused = builder.open(&Telemetry::off()).unwrap_err();
        assert!(matches!(refused, Error::PlaintextToken { .. }), "{target}");
        let connected = builder.connect().await.unwrap_err();
        assert!(matches!(connected, Error::PlaintextToken { .. }));
        let allowed = builder.plaintext_token(true).open(&Telemetry::off());
        assert!(allowed.is_ok(), "{target}: {allowed:?}");
    }
}

#[tokio::test]
async fn credentials_are_for_tls_only() {
    let plain = Builder::new("http://localhost:1".parse().unwrap());
    let builder = plain.credentials(Credentials::default());
    let refused = builder.open(&Telemetry::off()).unwrap_err();
    assert!(matches!(refused, Error::UnusedCredentials { .. }));
}
