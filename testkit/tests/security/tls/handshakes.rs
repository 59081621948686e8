//! What the handshake refuses: each by its alert, and counted by its reason.

use std::time::{Duration, Instant};

use rustls::AlertDescription as Alert;
use rustls::CertificateError;
use testkit::certificates::{Authority, Usage, Validity, self_signed};
use testkit::sizes::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::caller::{Caller, Outcome, VERSIONS};
use super::tls_env::{TlsEnv, WEB};

const LIMIT: Duration = Duration::from_secs(10);
const HANDSHAKES: &str = "user_service_tls_handshakes_total";

/// Waits until so many handshakes have ended as `result` says: the service counts one
/// after its client has left.
async fn counted(env: &TlsEnv, result: &str, times: f64) {
    let label = format!("tls_handshake_result=\"{result}\"");
    eventually(result, LIMIT, async || {
        env.metric(HANDSHAKES, &label).await == times
    })
    .await;
}

/// Sends `bytes` without TLS, and returns what comes back until the server leaves.
async fn plainly(url: &str, bytes: &[u8]) -> Vec<u8> {
    let address = url.strip_prefix("https://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(LIMIT, reading).await;
    read.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn a_client_with_a_good_certificate_is_taken_in_both_versions_of_tls() {
    let env = TlsEnv::start().await;
    let caller = Caller::trusting(&env.servers.pem()).with(&env.client(&[WEB]));
    for versions in VERSIONS {
        let outcome = caller
            .in_versions(versions)
            .call(env.service.grpc_url())
            .await;
        assert_eq!(outcome, Outcome::Accepted);
    }
    counted(&env, "completed", 2.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_refused_by_its_alert() {
    let env = TlsEnv::start().await;
    let url = env.service.grpc_url();
    let caller = Caller::trusting(&env.servers.pem());
    let issue = |usage, validity| env.clients.issue(&[WEB], usage, validity);
    let others = Authority::new("clients");
    let table = [
        (
            "of another authority of the same name",
            others.issue(&[WEB], Usage::Client, Validity::Now),
            Alert::DecryptError,
        ),
        (
            "of the servers' authority",
            env.servers.issue(&[WEB], Usage::Client, Validity::Now),
            Alert::UnknownCA,
        ),
        (
            "signed by itself",
            self_signed(&[WEB], Usage::Client),
            Alert::UnknownCA,
        ),
        (
            "expired",
            issue(Usage::Client, Validity::Past),
            Alert::CertificateExpired,
        ),
        (
            "not valid yet",
            issue(Usage::Client, Validity::Future),
            Alert::CertificateExpired,
        ),
        (
            "for servers",
            issue(Usage::Server, Validity::Now),
            Alert::UnsupportedCertificate,
        ),
    ];
    let attempts = 2.0 * table.len() as f64;
    for (what, certified, alert) in table {
        for versions in VERSIONS {
            let caller = caller.with(&certified).in_versions(versions);
            assert_eq!(caller.call(url).await, Outcome::Alert(alert), "{what}");
        }
    }
    counted(&env, "certificate_refused", attempts).await;
    counted(&env, "completed", 0.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let env = TlsEnv::start().await;
    let caller = Caller::trusting(&env.servers.pem());
    for versions in VERSIONS {
        let outcome = caller
            .in_versions(versions)
            .call(env.service.grpc_url())
            .await;
        assert_eq!(outcome, Outcome::Alert(Alert::CertificateRequired));
    }
    counted(&env, "certificate_missing", 2.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_that_does_not_say_that_it_speaks_http_2_is_refused() {
    // Clients of Kitex offer no protocol by ALPN, so where these are served none is needed.
    let variables = [("TLS_CLIENT_IDENTITIES", WEB), ("PROTOCOLS", "grpc")];
    let env = TlsEnv::listing(&variables).await;
    let url = env.service.grpc_url();
    let caller = Caller::trusting(&env.servers.pem()).with(&env.client(&[WEB]));
    assert_eq!(caller.speaking(&[]).call(url).await, Outcome::Closed);
    let other = caller.speaking(&[b"http/1.1"]).call(url).await;
    assert_eq!(other, Outcome::Alert(Alert::NoApplicationProtocol));
    counted(&env, "no_alpn", 2.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_that_speaks_plain_text_gets_an_alert_and_no_answer() {
    let env = TlsEnv::start().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = plainly(env.service.grpc_url(), preface).await;
    // One record, an alert: not even the settings of HTTP/2.
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7), "{answer:?}");
    counted(&env, "not_tls", 1.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_of_tls_1_1_is_refused() {
    let env = TlsEnv::start().await;
    // The hello of TLS 1.1: one cipher suite, one curve, one way to sign.
    let random = [7; 32];
    let suite = [0, 2, 0xc0, 0x13];
    let extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3];
    let body = [
        &[3, 2][..],
        &random,
        &[0],
        &suite,
        &[1, 0, 0, 16],
        &extensions,
    ]
    .concat();
    let length = u8::try_from(body.len()).unwrap();
    let hello = [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat();
    let answer = plainly(env.service.grpc_url(), &hello).await;
    let protocol_version = 70;
    assert_eq!(answer.last(), Some(&protocol_version), "{answer:?}");
    assert_eq!((answer.first(), answer.len()), (Some(&21), 7), "{answer:?}");
    counted(&env, "incompatible", 1.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_that_takes_too_long_for_the_handshake_is_let_go() {
    let patience = Duration::from_secs(1);
    let env = TlsEnv::listing(&[("CONNECTION_TIMEOUT", "1s")]).await;
    let url = env.service.grpc_url();
    for dribble in [&b""[..], &[22, 3, 1, 1, 0, 1]] {
        let started = Instant::now();
        assert_eq!(plainly(url, dribble).await, b"");
        let took = started.elapsed();
        assert!(took >= patience && took < 3 * patience, "{took:?}");
    }
    counted(&env, "timeout", 2.0).await;
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn handshakes_count_as_connections() {
    let env = TlsEnv::listing(&[("MAX_CONNECTIONS_PER_ADDRESS", "2")]).await;
    let url = env.service.grpc_url();
    let address = url.strip_prefix("https://").unwrap();
    let caller = Caller::trusting(&env.servers.pem()).with(&env.client(&[WEB]));
    let first = TcpStream::connect(address).await.unwrap();
    let second = caller.connect(url).await.unwrap();
    assert!(caller.connect(url).await.is_err());
    drop(first);
    // The service notices when the handshake ends.
    eventually("a place is free", LIMIT, async || {
        caller.connect(url).await.is_ok()
    })
    .await;
    drop(second);
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_server_that_is_not_trusted_gets_no_call() {
    let env = TlsEnv::start().await;
    let stranger = Authority::new("strangers");
    let caller = Caller::trusting(&stranger.pem()).with(&env.client(&[WEB]));
    let outcome = caller.call(env.service.grpc_url()).await;
    assert_eq!(
        outcome,
        Outcome::Mistrusted(CertificateError::UnknownIssuer)
    );
    counted(&env, "refused_by_client", 1.0).await;
    assert!(env.service.stop().await.success());
}
