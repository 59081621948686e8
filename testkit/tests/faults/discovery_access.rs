//! An etcd with users and mutual TLS: instances register with the rights to their prefix alone,
//! and are found.

use std::time::Duration;

use grpc_discovery::etcd::{Etcd as Client, EtcdError, KITEX_PREFIX, Service};
use grpc_discovery::{Access, ClientIdentity, Login, Password};
use testkit::{Etcd, EtcdFiles, UserService, user_client};

const LIMIT: Duration = Duration::from_secs(10);

/// An etcd whose user may use the keys of Kitex alone.
async fn secured() -> (Etcd, EtcdFiles) {
    let mut etcd = Etcd::start().await;
    let files = etcd.secure(KITEX_PREFIX).await;
    (etcd, files)
}

fn service() -> Service {
    Service::new(KITEX_PREFIX, "user-service".parse().unwrap())
}

/// The access that `files` give, with this password.
fn access(files: &EtcdFiles, password: Option<Password>) -> Access {
    let [(_, username), (_, _), (_, ca), (_, certificate), (_, key)] = files.variables();
    let read = |path: String| std::fs::read(path).unwrap();
    Access {
        login: password.map(|password| Login { username, password }),
        ca: Some(read(ca)),
        identity: Some(ClientIdentity {
            certificate: read(certificate),
            key: read(key),
        }),
    }
}

fn password_file(files: &EtcdFiles) -> Password {
    let [_, (_, path), ..] = files.variables();
    Password::File(path.into())
}

/// `variables` as programs take them.
fn borrowed<'a>(variables: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    let variables = variables.iter();
    variables
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_register_and_find_each_other_with_a_user_and_mutual_tls() {
    let (etcd, files) = secured().await;
    let (address, variables) = (etcd.address(), files.variables());
    let mut settings = borrowed(&variables);
    settings.push(("ETCD_ENDPOINTS", &address));
    let mut service = UserService::embedded(&settings).await;
    let registered = |line: &str| line.contains("\"registered in etcd");
    service.process().wait_for_line(registered, LIMIT).await;

    let server = format!("etcd://{address}/user-service");
    let arguments = ["--server", &server, "create", "--name", "Ada"];
    let arguments = [&arguments[..], &["--email", "ada@example.com"]].concat();
    let created = user_client(&arguments, &borrowed(&variables)).await;
    assert!(created.status.success(), "{}", created.stderr);

    let refused = user_client(&["--server", &server, "get", "1"], &[]).await;
    assert!(!refused.status.success(), "plain text to an etcd with TLS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_etcd_forgot_is_replaced() {
    let (mut etcd, files) = secured().await;
    let endpoints = etcd.address().parse().unwrap();
    let access = access(&files, Some(password_file(&files)));
    let client = Client::new(&endpoints, &access).unwrap();
    let (found, _) = client.instances(&service()).await.unwrap();
    assert!(found.is_empty());
    // Tokens are in its memory alone.
    etcd.restart().await;
    let (found, _) = client.instances(&service()).await.unwrap();
    assert!(found.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_says_which_settings_to_check() {
    let (etcd, files) = secured().await;
    let endpoints = etcd.address().parse().unwrap();
    let wrong = Password::Text(grpc_common::Secret::new("guess"));
    for password in [None, Some(wrong)] {
        let client = Client::new(&endpoints, &access(&files, password)).unwrap();
        let error = client.instances(&service()).await.unwrap_err();
        assert!(matches!(error, EtcdError::Denied(_)), "{error}");
    }
    // Keys of others.
    let access = access(&files, Some(password_file(&files)));
    let client = Client::new(&endpoints, &access).unwrap();
    let others = Service::new("others", "user-service".parse().unwrap());
    let error = client.instances(&others).await.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    assert!(error.contains("check ETCD_USERNAME"), "{error}");
}
