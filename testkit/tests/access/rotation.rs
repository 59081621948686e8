//! Keys that are replaced while calls go on, and files that are of no use.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use testkit::{Process, Stream, UserService};

use crate::auth_env::{AuthEnv, assert_unauthenticated, bearer, get_user, passed, send};
use crate::issuer::{AUDIENCE, ISSUER, Key, claims, header, now, token};

const LIMIT: Duration = Duration::from_secs(20);

/// How many rotations there are: few in every run of the tests, `TEST_ROTATIONS` on demand.
fn rotations() -> usize {
    std::env::var("TEST_ROTATIONS").map_or(3, |count| count.parse().unwrap())
}

fn signed(id: &str, key: &Key) -> String {
    let header = json!({"alg": "ES256", "kid": id});
    token(&header, &claims("ada", &["reader"]), key)
}

/// As Kubernetes does it: another file in the place of the old one.
fn replace(path: &Path, content: &str) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::rename(new, path).unwrap();
}

/// Calls until the service accepts `token`.
async fn taken(env: &AuthEnv, token: &str) {
    let asking = async {
        while !passed(&send(&env.client, get_user(&[bearer(token)])).await) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, asking).await.unwrap();
}

#[tokio::test]
async fn keys_are_rotated_under_load_without_a_failed_call() {
    let mut env = AuthEnv::start(&[]).await;
    let path = env.key_file.path().to_owned();
    let mut old = Key::of("ES256");
    let set = |keys: &[(&str, &Key)]| {
        let keys: Vec<_> = keys.iter().map(|(id, key)| key.jwk(id)).collect();
        json!({ "keys": keys }).to_string()
    };
    replace(&path, &set(&[("0", &old)]));
    taken(&env, &signed("0", &old)).await;
    let current = Arc::new(Mutex::new(signed("0", &old)));
    let done = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (client, current, done) = (env.client.clone(), current.clone(), done.clone());
        async move {
            let (mut calls, mut failed) = (0, 0);
            while !done.load(Relaxed) {
                let token = current.lock().unwrap().clone();
                let answer = send(&client, get_user(&[bearer(&token)])).await;
                calls += 1;
                failed += usize::from(!passed(&answer));
            }
            (calls, failed)
        }
    });
    for rotation in 1..=rotations() {
        let (last, id) = ((rotation - 1).to_string(), rotation.to_string());
        let new = Key::of("ES256");
        replace(&path, &set(&[(&last, &old), (&id, &new)]));
        taken(&env, &signed(&id, &new)).await;
        let before = std::mem::replace(&mut *current.lock().unwrap(), signed(&id, &new));
        // A call with the old token may be in flight; it is verified when it arrives.
        taken(&env, &signed(&id, &new)).await;
        replace(&path, "{\"keys\":[");
        let kept = |line: &str| line.contains("keeping the previous token keys");
        env.env.service.process().wait_for_line(kept, LIMIT).await;
        replace(&path, &set(&[(&id, &new)]));
        // Also a token that was verified before is worth no more than its key.
        gone(&env, &before).await;
        gone(&env, &signed(&last, &old)).await;
        old = new;
    }
    done.store(true, Relaxed);
    let (calls, failed) = load.await.unwrap();
    assert_eq!(failed, 0, "of {calls}");
    println!("{} rotations, {calls} calls, 0 failed", rotations());
}

/// Calls until the service rejects `token`.
async fn gone(env: &AuthEnv, token: &str) {
    let asking = async {
        while passed(&send(&env.client, get_user(&[bearer(token)])).await) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, asking).await.unwrap();
}

#[tokio::test]
async fn a_token_that_was_good_expires() {
    let env = AuthEnv::start(&[]).await;
    let mut claims = claims("ada", &["reader"]);
    // A minute is what clocks may differ by.
    claims["exp"] = (now() - 60 + 3).into();
    let token = token(&header("EdDSA"), &claims, env.issuer.key("EdDSA"));
    assert!(passed(
        &send(&env.client, get_user(&[bearer(&token)])).await
    ));
    gone(&env, &token).await;
    let answer = send(&env.client, get_user(&[bearer(&token)])).await;
    assert_unauthenticated(&answer, "an expired token");
}

#[tokio::test]
async fn a_file_of_no_use_changes_nothing_and_is_said_once() {
    let mut env = AuthEnv::start(&[]).await;
    let path = env.key_file.path().to_owned();
    let token = env.issuer.token("ada", &["reader"]);
    let shared = json!({"keys": [{"kid": "ES256", "kty": "oct", "k": "c2VjcmV0"}]});
    let twice = json!({"keys": [Key::of("EdDSA").jwk("a"), Key::of("EdDSA").jwk("a")]});
    let mut short = Key::of("EdDSA").jwk("a");
    short["x"] = "AAAA".into();
    let bad = [
        (String::new(), "not a JSON Web Key Set: EOF"),
        ("keys".to_owned(), "not a JSON Web Key Set: expected"),
        (shared.to_string(), "no key for ES256"),
        (twice.to_string(), "two keys have the id"),
        (json!({"keys": [short]}).to_string(), "has a wrong length"),
        (" ".repeat(2 << 20), "is longer than 1 MiB"),
    ];
    for (content, fault) in &bad {
        replace(&path, content);
        let said = |line: &str| line.contains("previous token keys") && line.contains(fault);
        env.env.service.process().wait_for_line(said, LIMIT).await;
        assert!(
            passed(&send(&env.client, get_user(&[bearer(&token)])).await),
            "{fault}"
        );
    }
    fs::remove_file(&path).unwrap();
    let said = |line: &str| line.contains("previous token keys") && line.contains("No such file");
    env.env.service.process().wait_for_line(said, LIMIT).await;
    assert!(passed(
        &send(&env.client, get_user(&[bearer(&token)])).await
    ));
    replace(&path, &env.issuer.keys());
    let log = env.env.service.process().text(Stream::Stdout);
    assert_eq!(
        log.matches("previous token keys").count(),
        bad.len() + 1,
        "{log}"
    );
}

#[tokio::test]
async fn access_that_is_half_set_up_is_no_start() {
    let keys = tempfile::NamedTempFile::new().unwrap();
    let path = keys.path().to_str().unwrap();
    let all = [
        ("AUTH_JWKS_FILE", path),
        ("AUTH_ISSUER", ISSUER),
        ("AUTH_AUDIENCE", AUDIENCE),
    ];
    for missing in 0..3 {
        let mut some = all.to_vec();
        let (name, _) = some.remove(missing);
        let said = refused(&some).await;
        assert!(
            said.contains(&format!("set {name} too, or none of them")),
            "{said}"
        );
    }
    let said = refused(&all).await;
    assert!(
        said.contains("can't be used: it is not a JSON Web Key Set"),
        "{said}"
    );
    let nowhere = [("AUTH_JWKS_FILE", "/nowhere/keys.json"), all[1], all[2]];
    let said = refused(&nowhere).await;
    assert!(
        said.contains("/nowhere/keys.json") && said.contains("No such file"),
        "{said}"
    );
}

/// What the service says that doesn't start with these variables.
async fn refused(variables: &[(&str, &str)]) -> String {
    let ports = [("LISTEN_ADDR", "127.0.0.1:0"), ("HTTP_ADDR", "127.0.0.1:0")];
    let mut process = Process::start("user-service", &[], &[&ports, variables].concat());
    assert!(!process.wait(LIMIT).await.success());
    // Nothing was changed before that.
    assert!(!process.folder().join("user-service.db").exists());
    process.text(Stream::Stderr)
}

#[tokio::test]
async fn no_token_is_required_without_auth_settings() {
    let service = UserService::start(&[]).await;
    let client = crate::raw::RawClient::connect(service.grpc_url()).await;
    assert!(passed(&send(&client, get_user(&[])).await));
}
