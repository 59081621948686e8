//! Of the clients with a valid certificate, those on the list may call.

use rand::RngExt;
use rand::rngs::StdRng;
use testkit::certificates::Certified;
use testkit::sizes::{random, report, size};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use user_proto::v1::GetUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use super::tls_env::{TlsEnv, WEB};

/// A connection to the service of `env`, as a client of tonic alone has it.
pub(super) async fn channel(env: &TlsEnv, certified: &Certified) -> Channel {
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(env.servers.pem()))
        .identity(Identity::from_pem(&certified.certificate, &certified.key));
    let endpoint = Endpoint::from_shared(env.service.grpc_url().to_owned()).unwrap();
    endpoint.tls_config(tls).unwrap().connect().await.unwrap()
}

/// What the service says to a client by `names` that gets a user that doesn't exist.
async fn answer(env: &TlsEnv, names: &[&str]) -> Status {
    let channel = channel(env, &env.client(names)).await;
    let mut client = UserServiceClient::new(channel);
    client
        .get_user(GetUserRequest { user_id: 1 })
        .await
        .unwrap_err()
}

#[tokio::test]
async fn names_on_the_list_may_call() {
    let list = format!("{WEB},Batch.example.org, https://example.org/cron");
    let env = TlsEnv::listing(&[("TLS_CLIENT_IDENTITIES", &list)]).await;
    for names in [
        &[WEB][..],
        &["batch.example.org"],
        &["BATCH.example.org"],
        &["https://example.org/cron"],
        &["other.example.org", "batch.example.org"],
        &["other.example.org", WEB],
        &["https://example.org/other", "https://example.org/cron"],
    ] {
        let status = answer(&env, names).await;
        assert_eq!(status.code(), Code::NotFound, "{names:?}: {status:?}");
    }
    assert_eq!(
        env.metric("user_service_tls_clients_refused_total", "")
            .await,
        0.0
    );
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn other_names_are_refused_alike_and_the_log_says_why() {
    let list = format!("{WEB},batch.example.org");
    let mut env = TlsEnv::listing(&[("TLS_CLIENT_IDENTITIES", &list)]).await;
    let table = [
        &[][..],
        &["127.0.0.1"],
        &["example.org"],
        &["web.batch.example.org"],
        &["batch.example.org.example.com"],
        // Nothing in a certificate is a pattern.
        &["*.example.org"],
        &["*"],
        &["spiffe://example.org/ns/users/sa/webb"],
        &["spiffe://example.org/ns/users/sa/web/"],
        &["spiffe://example.org/ns/users/sa/WEB"],
        &["SPIFFE://example.org/ns/users/sa/web"],
        &["spiffe://example.com/ns/users/sa/web"],
        &["spiffe://example.org/ns/users/sa/%77eb"],
        &["spiffe://example.org/ns/users/sa/./web"],
        &["https://example.org/ns/users/sa/web"],
        // A URI as a DNS name, and the other way round.
        &["uri://batch.example.org"],
        // By SPIFFE a workload has one URI: two would be ambiguous.
        &[WEB, "spiffe://example.org/ns/users/sa/admin"],
        &[WEB, "https://example.org"],
    ];
    let mut texts = Vec::new();
    for names in table {
        let status = answer(&env, names).await;
        assert_eq!(
            status.code(),
            Code::PermissionDenied,
            "{names:?}: {status:?}"
        );
        let details = status.get_error_details();
        let reason = details.error_info().map(|info| info.reason.clone());
        texts.push((status.message().to_owned(), reason));
    }
    texts.dedup();
    let message = "the certificate of this client does not allow the call".to_owned();
    assert_eq!(texts, [(message, Some("PEER_REFUSED".to_owned()))]);
    let refused = env
        .metric("user_service_tls_clients_refused_total", "")
        .await;
    assert_eq!(refused, table.len() as f64);
    let log = env.service.process().text(testkit::Stream::Stdout);
    assert!(log.contains("sa/webb"), "{log}");
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn without_a_list_all_clients_of_the_authority_may_call() {
    let env = TlsEnv::listing(&[]).await;
    for names in [&[][..], &["whoever.example.org"], &[WEB]] {
        let status = answer(&env, names).await;
        assert_eq!(status.code(), Code::NotFound, "{names:?}: {status:?}");
    }
    assert!(env.service.stop().await.success());
}

/// `name` with one character more, less, or another one.
fn with_a_slip(name: &str, random: &mut StdRng) -> String {
    let mut bytes = name.as_bytes().to_vec();
    let place = random.random_range(0..bytes.len());
    let other = random.random_range(b'!'..=b'~');
    match random.random_range(0..3) {
        0 => bytes[place] = other,
        1 => bytes.insert(place, other),
        _ => drop(bytes.remove(place)),
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_name_with_a_slip_in_it_may_not_call() {
    let tries = size(40, 1_000);
    let env = TlsEnv::start().await;
    let mut random = random();
    let mut refused = 0;
    while refused < tries {
        let name = with_a_slip(WEB, &mut random);
        if name == WEB {
            continue;
        }
        let status = answer(&env, &[&name]).await;
        assert_eq!(status.code(), Code::PermissionDenied, "{name}");
        refused += 1;
    }
    report(
        29,
        &format!("0 of {refused} certificates with a slip in their name got through"),
    );
    assert!(env.service.stop().await.success());
}
