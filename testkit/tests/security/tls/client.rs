//! user-client with TLS: what it says when it can't, and that it can.

use testkit::certificates::{Authority, Certified, Usage, Validity, self_signed_authority};
use testkit::{Output, UserService, user_client};

use super::tls_env::{ENCRYPTED_KEY, Files, TlsEnv, WEB};

/// Runs user-client with these flags against `url`.
async fn list(url: &str, flags: &[&str]) -> Output {
    let arguments = [&["--timeout", "5s", "list"], flags].concat();
    user_client(&arguments, &[("USER_SERVICE", url)]).await
}

/// The flags of a client that the service of `env` knows.
fn known(env: &TlsEnv) -> [String; 6] {
    let Certified { certificate, key } = env.client(&[WEB]);
    let ca = env.files.put("servers.pem", &env.servers.pem());
    let cert = env.files.put("client.pem", &certificate);
    let key = env.files.put("client.key", &key);
    ["--ca", &ca, "--cert", &cert, "--key", &key].map(str::to_owned)
}

fn borrowed(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn calls_go_to_one_server_to_several_and_to_all_of_a_name() {
    let env = TlsEnv::start().await;
    let flags = known(&env);
    let url = env.service.grpc_url();
    let port = url.rsplit(':').next().unwrap();
    for server in [
        url.to_owned(),
        format!("{url},localhost:{port}"),
        format!("dns+https:///localhost:{port}"),
    ] {
        let output = list(&server, &borrowed(&flags)).await;
        assert_eq!(output.status.code(), Some(0), "{server}: {output:?}");
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn kitex_is_spoken_over_tls_with_the_same_flags() {
    let env = TlsEnv::start().await;
    let flags = known(&env);
    let flags = borrowed(&flags);
    let url = env.service.grpc_url();
    let port = url.rsplit(':').next().unwrap();
    let name = format!("dns+https:///localhost:{port}");
    let other = env.files.put("others.pem", &Authority::new("others").pem());
    for protocol in ["thrift", "kitex-protobuf"] {
        let call = async |server: &str, arguments: &[&str]| {
            let arguments = [&["--protocol", protocol, "--timeout", "5s"], arguments].concat();
            user_client(&arguments, &[("USER_SERVICE", server)]).await
        };
        for server in [url, &name] {
            for workflow in ["user-management", "bulk-onboarding"] {
                let workflow = [&["workflow", workflow], &flags[..]].concat();
                let output = call(server, &workflow).await;
                assert_eq!(output.status.code(), Some(0), "{server}: {output:?}");
            }
        }
        for (flags, said) in [
            (&["--ca", &other][..], "give its CA bundle with --ca"),
            (&flags[..2], "with --cert and --key"),
        ] {
            let output = call(url, &[&["get", "1"], flags].concat()).await;
            assert_eq!(output.status.code(), Some(6), "{output:?}");
            assert!(output.stderr.contains(said), "{output:?}");
        }
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn each_failure_says_what_to_do() {
    let env = TlsEnv::start().await;
    let files = &env.files;
    let flags = known(&env);
    let [_, ca, _, cert, _, key] = borrowed(&flags)[..] else {
        panic!("there are six");
    };
    let other = Authority::new("others");
    let other_ca = files.put("others.pem", &other.pem());
    let encrypted = files.put("encrypted.key", ENCRYPTED_KEY);
    let pair = |name: &str, certified: &Certified| {
        let cert = files.put(&format!("{name}.pem"), &certified.certificate);
        (cert, files.put(&format!("{name}.key"), &certified.key))
    };
    let strange = pair(
        "strange",
        &env.servers.issue(&[WEB], Usage::Client, Validity::Now),
    );
    let old = pair(
        "old",
        &env.clients.issue(&[WEB], Usage::Client, Validity::Past),
    );
    let unlisted = pair("unlisted", &env.client(&["other"]));
    let table = [
        (
            vec!["--ca", &other_ca, "--cert", cert, "--key", key],
            "give its CA bundle with --ca",
        ),
        (
            vec![
                "--ca",
                ca,
                "--cert",
                cert,
                "--key",
                key,
                "--tls-name",
                "users.example",
            ],
            "for another name",
        ),
        (vec!["--ca", ca], "with --cert and --key"),
        (
            vec!["--ca", ca, "--cert", &strange.0, "--key", &strange.1],
            "with --cert and --key",
        ),
        (
            vec!["--ca", ca, "--cert", &old.0, "--key", &old.1],
            "with --cert and --key",
        ),
        (
            vec!["--ca", ca, "--cert", &unlisted.0, "--key", &unlisted.1],
            "does not allow the call",
        ),
        (
            vec!["--ca", ca, "--cert", cert],
            "--cert is given without --key",
        ),
        (
            vec!["--ca", "absent", "--cert", cert, "--key", key],
            "cannot read absent",
        ),
        (
            vec!["--ca", key, "--cert", cert, "--key", key],
            "has no certificate in PEM; correct --ca",
        ),
        (
            vec!["--ca", ca, "--cert", cert, "--key", &strange.1],
            "TLS cannot be set up",
        ),
        (
            vec!["--ca", ca, "--cert", cert, "--key", &encrypted],
            "has an encrypted private key; decrypt it",
        ),
    ];
    for (flags, expected) in table {
        let output = list(env.service.grpc_url(), &flags).await;
        assert!(output.stderr.contains(expected), "{flags:?}: {output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(!output.status.success());
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_server_whose_certificate_has_another_name_can_be_called_by_that() {
    let env = TlsEnv::start().await;
    let named = env
        .servers
        .issue(&["users.example"], Usage::Server, Validity::Now);
    let (cert, key) = (
        env.files.put("named.pem", &named.certificate),
        env.files.put("named.key", &named.key),
    );
    let service = UserService::start(&[("TLS_CERT_FILE", &cert), ("TLS_KEY_FILE", &key)]).await;
    let flags = known(&env);
    let mut flags = borrowed(&flags);
    let output = list(service.grpc_url(), &flags).await;
    assert!(output.stderr.contains("--tls-name"), "{output:?}");
    assert!(output.stderr.contains("users.example"), "{output:?}");
    flags.extend(["--tls-name", "users.example"]);
    let output = list(service.grpc_url(), &flags).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(service.stop().await.success());
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_server_with_the_certificate_of_an_authority_is_told_what_to_have_instead() {
    let files = Files::new();
    let Certified { certificate, key } = self_signed_authority(&["localhost", "127.0.0.1"]);
    let cert = files.put("server.pem", &certificate);
    let key = files.put("server.key", &key);
    let service = UserService::start(&[("TLS_CERT_FILE", &cert), ("TLS_KEY_FILE", &key)]).await;
    let output = list(service.grpc_url(), &["--ca", &cert]).await;
    assert!(output.stderr.contains("(CA:TRUE)"), "{output:?}");
    assert!(output.stderr.contains("CA:FALSE"), "{output:?}");
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn tls_mismatch_is_reported() {
    let env = TlsEnv::start().await;
    let flags = known(&env);
    let plain = env.service.grpc_url().replace("https", "http");
    let output = list(&plain, &[]).await;
    assert!(
        output.stderr.contains("whether it serves TLS (https://)"),
        "{output:?}"
    );
    let output = list(&plain, &borrowed(&flags)).await;
    assert!(output.stderr.contains("--ca is for TLS"), "{output:?}");

    let service = UserService::start(&[]).await;
    let url = service.grpc_url().replace("http", "https");
    let output = list(&url, &borrowed(&flags)).await;
    assert!(output.stderr.contains("plain text"), "{output:?}");
    assert!(output.stderr.contains("http://"), "{output:?}");
    assert!(service.stop().await.success());
    assert!(env.service.stop().await.success());
}
