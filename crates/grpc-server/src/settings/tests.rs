#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::{Settings, SettingsError};

fn settings(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from_variables(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn without_variables_the_defaults_are_those_of_production() {
    let settings = settings(&[("LISTEN_ADDR", "")]).unwrap();
    assert_eq!(settings.listen.to_string(), "0.0.0.0:8888");
    assert_eq!(settings.calls.in_flight, 1024);
    assert_eq!(settings.connections.total, 10_000);
    assert_eq!(settings.grace, Duration::from_secs(20));
    assert!(settings.reflection && settings.tls.is_none());
}

#[test]
fn variables_override_the_defaults() {
    let settings = settings(&[
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("UNARY_TIMEOUT", "1500ms"),
        ("CALLER_RATE_LIMIT", "7"),
        ("REFLECTION", "false"),
        ("MAX_BUFFERED_MIB", "3"),
    ]);
    let settings = settings.unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:0");
    assert_eq!(settings.calls.unary, Duration::from_millis(1500));
    assert_eq!(settings.calls.quotas.rate, Some(7));
    assert!(!settings.reflection);
    assert_eq!(settings.connections.bytes_in_total, 3 * 1024 * 1024);
}

#[test]
fn an_invalid_value_is_an_error_that_says_what_to_write() {
    for (variable, value, sentence) in [
        (
            "HTTP_ADDR",
            "9090",
            "HTTP_ADDR is not valid: \"9090\"; write 0.0.0.0:9090",
        ),
        (
            "SHUTDOWN_GRACE",
            "long",
            "SHUTDOWN_GRACE is not valid: \"long\"; write a time such as 1500ms or 20s",
        ),
        (
            "TLS_KEY_FILE",
            "key.pem",
            "TLS_KEY_FILE is set, but TLS_CERT_FILE is not: set both, or neither",
        ),
    ] {
        let error = settings(&[(variable, value)]).unwrap_err();
        assert_eq!(error.to_string(), sentence);
    }
}
