//! A new certificate is taken up while calls go on, and a bad one is not.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use grpc_channel::{Channel, CredentialFiles};
use grpc_telemetry::Telemetry;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use testkit::certificates::{Authority, Certified, Usage, Validity};
use testkit::load::{Tally, steady};
use testkit::sizes::{eventually, report, size};
use user_client::args::Protocol;
use user_client::client::UserClient;
use user_client::client::call_log::CallLog;
use user_proto::v1::CreateUserRequest;

use super::caller::{Caller, Outcome};
use super::tls_env::{TlsEnv, WEB};

/// How long a new certificate may take to be used.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether a new connection to the service of `env` gets the certificate of `pair`.
async fn serves(env: &TlsEnv, caller: &Caller, pair: &Certified) -> bool {
    let stream = caller.connect(env.service.grpc_url()).await.unwrap();
    let presented = stream.get_ref().1.peer_certificates().unwrap();
    let expected = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
    presented.first() == Some(&expected)
}

async fn reloads(env: &TlsEnv, result: &str) -> f64 {
    let label = format!("tls_reload_result=\"{result}\"");
    env.metric("user_service_tls_reloads_total", &label).await
}

fn credentials(env: &TlsEnv) -> CredentialFiles {
    let Certified { certificate, key } = env.client(&[WEB]);
    CredentialFiles {
        ca: Some(env.files.put("servers.pem", &env.servers.pem()).into()),
        cert: Some(env.files.put("client.pem", &certificate).into()),
        key: Some(env.files.put("client.key", &key).into()),
        tls_name: None,
    }
}

fn new_user() -> CreateUserRequest {
    CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        ..CreateUserRequest::default()
    }
}

fn client(env: &TlsEnv) -> UserClient {
    let target = env.service.grpc_url().parse().unwrap();
    let channel = Channel::builder(target).credentials(credentials(env).read().unwrap());
    let limit = Some(Duration::from_secs(10));
    UserClient::open(
        channel,
        Protocol::Grpc,
        limit,
        CallLog::default(),
        &Telemetry::off(),
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_swapped_under_load_without_a_failed_call() {
    let swaps = size(5, 500);
    // Connections are made all the time, so that every certificate is used.
    let short = [
        ("MAX_CONNECTION_AGE", "200ms"),
        ("TLS_CLIENT_IDENTITIES", WEB),
    ];
    let env = TlsEnv::listing(&short).await;
    let caller = Caller::trusting(&env.servers.pem()).with(&env.client(&[WEB]));
    let client = client(&env);
    let user = client.create(new_user()).await.unwrap();
    let (over, mut is_over) = tokio::sync::watch::channel(false);
    let load = tokio::spawn(async move {
        let mut tally = Tally::default();
        while !*is_over.borrow_and_update() {
            let calls = steady(100, Duration::from_secs(1), |_| {
                let client = client.clone();
                async move { client.get(user).await.map(drop).map_err(|it| it.sentence) }
            });
            tally.absorb(calls.await);
        }
        tally
    });
    let mut slowest = Duration::ZERO;
    for _ in 0..swaps {
        let pair = env.servers.local_server();
        let started = Instant::now();
        env.files.put_pair(&pair);
        eventually("the new certificate is used", LIMIT, async || {
            serves(&env, &caller, &pair).await
        })
        .await;
        slowest = slowest.max(started.elapsed());
    }
    over.send(true).unwrap();
    let tally = load.await.unwrap();
    tally.assert_none_failed();
    assert_eq!(reloads(&env, "used").await, f64::from(swaps));
    report(
        30,
        &format!("{swaps} certificates, {tally}; the slowest was in use after {slowest:?}"),
    );
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_is_ignored_and_the_log_says_so() {
    let rounds = size(1, 8);
    let mut env = TlsEnv::start().await;
    let files = &env.files;
    let first = env.servers.local_server();
    files.put_pair(&first);
    let caller = Caller::trusting(&env.servers.pem()).with(&env.client(&[WEB]));
    eventually("the first pair is used", LIMIT, async || {
        serves(&env, &caller, &first).await
    })
    .await;
    let issue = |validity| env.servers.issue(&["localhost"], Usage::Server, validity);
    let mut ignored = 0.0;
    for _ in 0..rounds {
        let (good, other) = (env.servers.local_server(), env.servers.local_server());
        let of = |certificate: &str, key: &str| Certified {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        for bad in [
            of(&good.certificate, &other.key),
            of(&good.certificate, "garbage"),
            of("garbage", &good.key),
            of(&good.certificate[..good.certificate.len() / 2], &good.key),
            issue(Validity::Past),
            issue(Validity::Future),
        ] {
            files.put_pair(&bad);
            ignored += 1.0;
            eventually("it is ignored", LIMIT, async || {
                reloads(&env, "ignored").await >= ignored
            })
            .await;
            assert!(serves(&env, &caller, &first).await);
        }
        fs::remove_file(files.path("server.key")).unwrap();
        ignored += 1.0;
        eventually("it is missed", LIMIT, async || {
            reloads(&env, "ignored").await >= ignored
        })
        .await;
        assert!(serves(&env, &caller, &first).await);
    }
    // The next that can be used is.
    let last = env.servers.local_server();
    env.files.put_pair(&last);
    eventually("the last pair is used", LIMIT, async || {
        serves(&env, &caller, &last).await
    })
    .await;
    report(30, &format!("{ignored} bad pairs ignored"));
    let log = env.service.process().text(testkit::Stream::Stdout);
    for why in [
        "is not that of the certificate",
        "has no private key",
        "is valid from 2000",
        "cannot read",
    ] {
        assert!(log.contains(why), "{why} is not in {log}");
    }
    assert!(!log.contains("PRIVATE KEY"), "{log}");
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn the_end_of_the_certificate_in_use_is_a_metric() {
    let env = TlsEnv::start().await;
    let name = "user_service_tls_certificate_not_after_seconds";
    // The first second of the year 2100.
    assert_eq!(env.metric(name, "").await, 4_102_444_800.0);
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn files_that_are_swapped_as_kubernetes_does_are_followed() {
    let authority = Authority::new("servers");
    let mut env = TlsEnv::start().await;
    let volume = env.files.folder().join("volume");
    let version = |name: &str, pair: &Certified| {
        let folder = volume.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("tls.crt"), &pair.certificate).unwrap();
        fs::write(folder.join("tls.key"), &pair.key).unwrap();
        symlink(name, volume.join("..data.new")).unwrap();
        fs::rename(volume.join("..data.new"), volume.join("..data")).unwrap();
    };
    version("..1", &authority.local_server());
    for name in ["tls.crt", "tls.key"] {
        symlink(format!("..data/{name}"), volume.join(name)).unwrap();
    }
    let (cert, key) = (volume.join("tls.crt"), volume.join("tls.key"));
    let variables = [
        ("TLS_CERT_FILE", cert.to_str().unwrap()),
        ("TLS_KEY_FILE", key.to_str().unwrap()),
    ];
    env.service = testkit::UserService::start(&variables).await;
    let caller = Caller::trusting(&authority.pem());
    let second = authority.local_server();
    version("..2", &second);
    eventually("the second version is used", LIMIT, async || {
        serves(&env, &caller, &second).await
    })
    .await;
    assert_eq!(reloads(&env, "ignored").await, 0.0);
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn another_authority_of_clients_is_followed_too() {
    let env = TlsEnv::start().await;
    let url = env.service.grpc_url();
    let next = Authority::new("the next clients");
    let caller = Caller::trusting(&env.servers.pem());
    let before = caller.with(&env.client(&[WEB]));
    let after = caller.with(&next.issue(&[WEB], Usage::Client, Validity::Now));
    assert_eq!(before.call(url).await, Outcome::Accepted);
    assert_ne!(after.call(url).await, Outcome::Accepted);
    env.files
        .put("clients.pem", &(env.clients.pem() + &next.pem()));
    eventually("both may call", LIMIT, async || {
        after.call(url).await == Outcome::Accepted && before.call(url).await == Outcome::Accepted
    })
    .await;
    env.files.put("clients.pem", &next.pem());
    eventually("only the next may call", LIMIT, async || {
        after.call(url).await == Outcome::Accepted && before.call(url).await != Outcome::Accepted
    })
    .await;
    assert!(env.service.stop().await.success());
}
