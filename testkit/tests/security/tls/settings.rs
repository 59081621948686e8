//! Wrong settings end the start with a sentence that says which, and show no key.

use testkit::certificates::{Authority, Usage, Validity};
use testkit::run;

use super::tls_env::{ENCRYPTED_KEY, Files};

/// What the service says before it ends with a failure.
async fn refusal(variables: &[(&str, &str)]) -> String {
    let ports = [("LISTEN_ADDR", "127.0.0.1:0"), ("HTTP_ADDR", "127.0.0.1:0")];
    let output = run("user-service", &[], &[&ports, variables].concat()).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.files.is_empty(), "{:?}", output.files);
    assert!(!output.stdout.contains("PRIVATE KEY"), "{output:?}");
    output.stderr
}

#[tokio::test]
async fn files_that_are_of_no_use_are_named_with_what_is_wrong() {
    let authority = Authority::new("servers");
    let files = Files::new();
    let good = authority.local_server();
    let other = authority.local_server();
    let issue = |validity| authority.issue(&["localhost"], Usage::Server, validity);
    let (past, future) = (issue(Validity::Past), issue(Validity::Future));
    let cert = files.put("cert", &good.certificate);
    let key = files.put("key", &good.key);
    let other_key = files.put("other-key", &other.key);
    let old = files.put("old", &past.certificate);
    let old_key = files.put("old-key", &past.key);
    let new = files.put("new", &future.certificate);
    let new_key = files.put("new-key", &future.key);
    let garbage = files.put(
        "garbage",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let garbage_key = files.put(
        "garbage-key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    let encrypted = files.put("encrypted-key", ENCRYPTED_KEY);
    let empty = files.put("empty", "");
    let absent = files.path("absent");
    let table = [
        (&absent, &key, "cannot read ", "correct TLS_CERT_FILE"),
        (&cert, &absent, "cannot read ", "correct TLS_KEY_FILE"),
        (
            &cert,
            &encrypted,
            "has an encrypted private key; decrypt it",
            "correct TLS_KEY_FILE",
        ),
        (
            &empty,
            &key,
            "has no certificate in PEM",
            "correct TLS_CERT_FILE",
        ),
        (
            &key,
            &key,
            "has no certificate in PEM",
            "correct TLS_CERT_FILE",
        ),
        (
            &cert,
            &cert,
            "has no private key in PEM",
            "correct TLS_KEY_FILE",
        ),
        (
            &garbage,
            &key,
            "has a certificate that can't be used",
            "correct TLS_CERT_FILE",
        ),
        (
            &cert,
            &garbage_key,
            "has a private key that can't be used",
            "correct TLS_KEY_FILE",
        ),
        (
            &cert,
            &other_key,
            "is not that of the certificate",
            "correct TLS_KEY_FILE or TLS_CERT_FILE",
        ),
        (
            &old,
            &old_key,
            "is valid from 2000-01-01T00:00:00Z to 2001-01-01T00:00:00Z",
            "renew it",
        ),
        (
            &new,
            &new_key,
            "is valid from 2100-01-01T00:00:00Z",
            "set the clock",
        ),
    ];
    for (cert, key, wrong, what_to_do) in table {
        let said = refusal(&[("TLS_CERT_FILE", cert), ("TLS_KEY_FILE", key)]).await;
        assert!(said.contains(wrong) && said.contains(what_to_do), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    for (authority, wrong) in [
        (&absent, "cannot read "),
        (&empty, "has no certificate"),
        (&garbage, "can't be used"),
    ] {
        let pair = [("TLS_CERT_FILE", cert.as_str()), ("TLS_KEY_FILE", &key)];
        let clients = [("TLS_CLIENT_CA_FILE", authority.as_str())];
        let said = refusal(&[&pair[..], &clients].concat()).await;
        assert!(said.contains(wrong), "{said}");
        assert!(said.contains("correct TLS_CLIENT_CA_FILE"), "{said}");
    }
}

#[tokio::test]
async fn settings_without_what_they_need_are_refused() {
    for (variable, value, lacking) in [
        ("TLS_CERT_FILE", "cert", "TLS_KEY_FILE is not"),
        ("TLS_KEY_FILE", "key", "TLS_CERT_FILE is not"),
        ("TLS_CLIENT_CA_FILE", "ca", "TLS_CERT_FILE is not"),
        ("TLS_CLIENT_IDENTITIES", "web", "TLS_CLIENT_CA_FILE is not"),
    ] {
        let said = refusal(&[(variable, value)]).await;
        assert!(said.contains(variable) && said.contains(lacking), "{said}");
    }
}

#[tokio::test]
async fn a_list_with_a_wildcard_or_nothing_in_it_is_refused() {
    for list in ["*", "*.example.org", "a,,b", ""] {
        let output = run("user-service", &[], &[("TLS_CLIENT_IDENTITIES", list)]).await;
        assert_eq!(output.status.code(), Some(2), "{list}: {output:?}");
    }
}
