//! user-client with a token, without one, and with one that may not.

use std::fs;

use tempfile::NamedTempFile;
use testkit::{Output, Stream, run, user_client};

use crate::auth_env::AuthEnv;

async fn client(env: &AuthEnv, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let own = [("USER_SERVICE", env.env.service.grpc_url())];
    user_client(arguments, &[&own, variables].concat()).await
}

#[tokio::test]
async fn a_token_gets_the_client_in_by_file_variable_or_flag() {
    let env = AuthEnv::start(&[]).await;
    let token = env.issuer.token("ada", &["reader", "writer"]);
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, format!("{token}\n")).unwrap();
    let path = file.path().to_str().unwrap();

    let all = client(&env, &["--token-file", path, "workflow", "all"], &[]).await;
    assert!(all.status.success(), "{all:?}");
    let got = client(&env, &["get", "1"], &[("USER_SERVICE_TOKEN_FILE", path)]).await;
    assert!(got.status.success(), "{got:?}");
    let got = client(&env, &["get", "1"], &[("USER_SERVICE_TOKEN", &token)]).await;
    assert!(got.status.success(), "{got:?}");
    let got = client(&env, &["--token", &token, "list"], &[]).await;
    assert!(got.status.success(), "{got:?}");
    let load = ["--token", &token, "bench", "get", "--duration", "200ms"];
    let measured = client(&env, &load, &[]).await;
    assert!(measured.status.success(), "{measured:?}");
}

#[tokio::test]
async fn a_refused_client_says_what_to_bring() {
    let env = AuthEnv::start(&[]).await;
    let nobody = client(&env, &["get", "1"], &[]).await;
    assert_eq!(nobody.status.code(), Some(1));
    let said = "requires authentication: the call has no valid token";
    assert!(nobody.stderr.contains(said), "{}", nobody.stderr);
    assert!(
        nobody
            .stderr
            .contains("give a valid token with --token-file (UNAUTHENTICATED")
    );

    let token = env.issuer.token("ada", &["writer"]);
    let other = client(&env, &["get", "1"], &[("USER_SERVICE_TOKEN", &token)]).await;
    assert_eq!(other.status.code(), Some(1));
    let said = "does not permit this call: the caller may not call this method; get a token with the required role";
    assert!(other.stderr.contains(said), "{}", other.stderr);
    assert!(
        other.stderr.contains("PERMISSION_DENIED"),
        "{}",
        other.stderr
    );
}

#[tokio::test]
async fn neither_token_nor_subject_is_shown_anywhere() {
    let mut env = AuthEnv::start(&[("RUST_LOG", "trace")]).await;
    let token = env.issuer.token("canary-subject", &["reader"]);
    let secret = token.rsplit('.').next().unwrap().to_owned();
    let variables = [("USER_SERVICE_TOKEN", &*token), ("RUST_LOG", "trace")];
    let mut shown = String::new();
    for arguments in [
        &["get", "1"][..],
        &["create", "--name", "a", "--email", "b"],
        &["--help"],
        &["get", "--token-file", "/nowhere", "1"],
        &["--server", "http://users.example:1", "get", "1"],
        &["--server", "nonsense", "get", "1"],
        &["nonsense"],
    ] {
        let output = client(&env, arguments, &variables).await;
        shown += &(output.stdout + &output.stderr);
    }
    let help = run("user-service", &["--help"], &[]).await;
    shown += &help.stdout;
    let process = env.env.service.process();
    shown += &(process.text(Stream::Stdout) + &process.text(Stream::Stderr));
    shown += &format!("{:?}", env.spans().await);
    for canary in [&*secret, "canary-subject", &token[..40]] {
        let at = shown.find(canary);
        let around = at.map(|at| &shown[at.saturating_sub(200)..at]);
        assert!(at.is_none(), "{canary} is shown after {around:?}");
    }
}
