//! Wrong settings: one sentence that says what is wrong and what to do, an exit
//! code that is not 0, and nothing half done.

use testkit::{Database, Output, run};
use tokio::net::TcpListener;

const CODE_OF_A_FAILURE: i32 = 1;
const CODE_OF_WRONG_USAGE: i32 = 2;

/// A setting, and words of what is said about it.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str]);

async fn service(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let own = [("LISTEN_ADDR", "127.0.0.1:0"), ("HTTP_ADDR", "127.0.0.1:0")];
    run("user-service", arguments, &[&own, variables].concat()).await
}

/// One sentence with these words, which is all that was said and done.
fn assert_refused(output: &Output, words: &[&str]) {
    assert_eq!(output.status.code(), Some(CODE_OF_A_FAILURE), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    assert_said_alone(output, words);
}

/// A usage error, as clap writes it.
fn assert_wrong_usage(output: &Output, words: &[&str]) {
    assert_eq!(
        output.status.code(),
        Some(CODE_OF_WRONG_USAGE),
        "{output:?}"
    );
    assert!(output.stderr.starts_with("error: "), "{output:?}");
    assert_said_alone(output, words);
}

fn assert_said_alone(output: &Output, words: &[&str]) {
    for word in words {
        assert!(output.stderr.contains(word), "no {word} in {output:?}");
    }
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    assert_eq!(output.stdout, "");
    assert!(output.files.is_empty(), "{output:?}");
}

#[tokio::test]
async fn the_service_explains_flags_and_variables_that_it_does_not_understand() {
    let table: &[Case<'_>] = &[
        (&["--bogus"], &[], &["--bogus", "--help"]),
        (&["frobnicate"], &[], &["frobnicate", "--help"]),
        (
            &[],
            &[("LISTEN_ADDR", "localhost")],
            &["listen-addr", "such as 0.0.0.0:8888"],
        ),
        (
            &["--listen-addr", "1:99999"],
            &[],
            &["listen-addr", "such as 0.0.0.0:8888"],
        ),
        (
            &[],
            &[("HTTP_ADDR", "9090")],
            &["http-addr", "such as 0.0.0.0:8888"],
        ),
        (
            &[],
            &[("DATABASE_MAX_CONNECTIONS", "0")],
            &["database-max-connections", "at least 1"],
        ),
        (&[], &[("CACHE_TTL", "5")], &["cache-ttl", "30s"]),
        (
            &[],
            &[("CACHE_TTL", "9999999999 years")],
            &["cache-ttl", "at most a year"],
        ),
        (
            &[],
            &[("SHUTDOWN_GRACE", "soon")],
            &["shutdown-grace", "30s"],
        ),
        (&[], &[("MIGRATE", "maybe")], &["migrate", "true, false"]),
        (&[], &[("REFLECTION", "1")], &["reflection", "true, false"]),
        (
            &[],
            &[("MAX_IN_FLIGHT", "0")],
            &["max-in-flight", "from 1 to"],
        ),
        (
            &[],
            &[("LOG_FORMAT", "xml")],
            &["log-format", "pretty, json"],
        ),
        (
            &[],
            &[("DATABASE_URL", "sqlite://a"), ("DATABASE_URL_FILE", "b")],
            &["error: DATABASE_URL cannot be used with DATABASE_URL_FILE: leave one of them out"],
        ),
        (
            &["--redis-url=redis://a"],
            &[("REDIS_URL_FILE", "b")],
            &["error: --redis-url cannot be used with REDIS_URL_FILE: leave one of them out"],
        ),
        (
            &["--redis-url", "redis://a", "--redis-url-file", "b"],
            &[],
            &["error: --redis-url cannot be used with --redis-url-file: leave one of them out"],
        ),
    ];
    for (arguments, variables, words) in table {
        assert_wrong_usage(&service(arguments, variables).await, words);
    }
}

#[tokio::test]
async fn the_service_explains_what_it_cannot_use() {
    let scheme = ["DATABASE_URL must be postgres://", "sqlite://"];
    let folder = env!("CARGO_MANIFEST_DIR");
    let table: &[Case<'_>] = &[
        (
            &[],
            &[("DATABASE_URL", "mysql://ada:hunter2@db/users")],
            &scheme,
        ),
        (&["migrate"], &[("DATABASE_URL", "users.db")], &scheme),
        (
            &[],
            &[("DATABASE_URL", "postgres://db:99999/users")],
            &["DATABASE_URL is malformed", "port"],
        ),
        (
            &[],
            &[("DATABASE_URL", "sqlite://users.db?mode=x")],
            &["DATABASE_URL is malformed", "mode"],
        ),
        (
            &[],
            &[
                ("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/users"),
                ("STARTUP_TIMEOUT", "0s"),
            ],
            &[
                "cannot open the database 127.0.0.1:1/users",
                "refused",
                "or correct DATABASE_URL",
            ],
        ),
        (
            &["migrate"],
            &[
                ("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/users"),
                ("STARTUP_TIMEOUT", "0s"),
            ],
            &[
                "cannot open the database 127.0.0.1:1/users",
                "or correct DATABASE_URL",
            ],
        ),
        (
            &[],
            &[("DATABASE_URL", "sqlite://no/such/folder/users.db")],
            &[
                "cannot open the database no/such/folder/users.db",
                "or correct DATABASE_URL",
            ],
        ),
        (
            &[],
            &[("DATABASE_URL_FILE", "no-such-file")],
            &["cannot read the file no-such-file", "correct"],
        ),
        (
            &[],
            &[("DATABASE_URL_FILE", folder)],
            &["cannot read the file", "correct"],
        ),
        (
            &[],
            &[("REDIS_URL_FILE", "no-such-file")],
            &["cannot read the file no-such-file", "correct"],
        ),
        (
            &[],
            &[("REDIS_URL", "http://cache")],
            &["REDIS_URL must be redis://"],
        ),
        (
            &[],
            &[("REDIS_URL", "redis://")],
            &["REDIS_URL must be redis://"],
        ),
        (
            &[],
            &[("DATABASE_URL", "sqlite::memory:")],
            &["in memory is not supported", "name a file"],
        ),
        (
            &[],
            &[("MIGRATE", "false")],
            &["lacks 3 migration", "`user-service migrate`"],
        ),
        (
            &[],
            &[("TRACE_KEEP", "sometimes")],
            &["TRACE_KEEP has \"sometimes\"", "such as errors"],
        ),
        (
            &[],
            &[("RUST_LOG", "a=b=c")],
            &["RUST_LOG is not a valid filter", "try \"info\""],
        ),
        (
            &["healthcheck"],
            &[("LISTEN_ADDR", "127.0.0.1:1")],
            &["is not ready", "nothing listens"],
        ),
    ];
    for (arguments, variables, words) in table {
        let output = service(arguments, variables).await;
        assert_refused(&output, words);
        assert!(!output.stderr.contains("hunter2"), "{output:?}");
    }
}

#[tokio::test]
async fn a_postgres_that_lacks_migrations_is_left_as_it_is_without_leave_to_apply_them() {
    let database = Database::create().await;
    let variables = [("DATABASE_URL", database.url()), ("MIGRATE", "false")];
    for _ in 0..2 {
        let output = service(&[], &variables).await;
        assert_refused(&output, &["lacks 3 migration", "`user-service migrate`"]);
    }
    let migrated = service(&["migrate"], &variables).await;
    assert_eq!(migrated.status.code(), Some(0), "{migrated:?}");
}

#[tokio::test]
async fn a_port_in_use_is_named_before_anything_else_happens() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for variable in ["LISTEN_ADDR", "HTTP_ADDR"] {
        let output = service(&[], &[(variable, &address)]).await;
        let sentence = format!("cannot listen on {address}");
        assert_refused(&output, &[&sentence, "in use", "free the port", variable]);
    }
}

#[tokio::test]
async fn two_settings_with_one_address_are_both_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let one = ("LISTEN_ADDR", address.as_str());
    for variable in ["HTTP_ADDR", "HEALTH_ADDR"] {
        let output = service(&[], &[one, (variable, &address)]).await;
        assert_refused(&output, &["name the same address", "LISTEN_ADDR", variable]);
    }
    let arguments = ["gateway", "--gateway-addr", &address];
    let variables = [("GATEWAY_HTTP_ADDR", address.as_str())];
    let output = run("user-client", &arguments, &variables).await;
    assert_eq!(
        output.status.code(),
        Some(CODE_OF_WRONG_USAGE),
        "{output:?}"
    );
    assert_said_alone(
        &output,
        &[
            "name the same address",
            "--gateway-addr",
            "--gateway-http-addr",
        ],
    );
}

#[tokio::test]
async fn the_client_explains_what_it_does_not_understand() {
    let table: &[Case<'_>] = &[
        (&[], &[], &["Usage: user-client"]),
        (&["--bogus"], &[], &["--bogus", "--help"]),
        (&["frobnicate"], &[], &["frobnicate", "--help"]),
        (&["get"], &[], &["<ID>", "--help"]),
        (
            &["get", "seven"],
            &[],
            &["'seven' is not an id: write a whole number such as 42"],
        ),
        (
            &["list", "--limit", "many"],
            &[],
            &["--limit", "whole number that is at least 1"],
        ),
        (
            &["list", "--limit", "-1"],
            &[],
            &["--limit", "whole number that is at least 1"],
        ),
        (
            &["bench", "get", "--rate", "-5"],
            &[],
            &["--rate", "whole number from 1 to 1000000"],
        ),
        (
            &["get", "1"],
            &[("USER_SERVICE", "http://a:1,http://b:2")],
            &["--server", "the scheme is written once"],
        ),
        (
            &["trace", "show"],
            &[],
            &["no Jaeger is set: give --jaeger http://localhost:16686, or JAEGER_URL"],
        ),
        (&["create", "--name", "Ada"], &[], &["--email"]),
        (
            &["workflow", "nothing"],
            &[],
            &["nothing", "user-management"],
        ),
        (
            &["--timeout", "0s", "get", "1"],
            &[],
            &["--timeout", "500ms"],
        ),
        (
            &["--output", "xml", "get", "1"],
            &[],
            &["--output", "table, json"],
        ),
        (
            &["--otlp-listen", "4317", "get", "1"],
            &[],
            &["--otlp-listen", "localhost:8888 or :8888"],
        ),
        (
            &["bench", "get", "--rate", "4000000000"],
            &[],
            &["--rate", "whole number from 1 to 1000000"],
        ),
        (
            &["--token", "secret", "get", "1"],
            &[("USER_SERVICE_TOKEN_FILE", "token")],
            &["--token cannot be used with USER_SERVICE_TOKEN_FILE: leave one of them out"],
        ),
        (
            &["get", "1"],
            &[("USER_SERVICE", "localhost:8888")],
            &["--server", "http://HOST:PORT"],
        ),
        (
            &["get", "1"],
            &[("USER_SERVICE", "ftp://localhost")],
            &["--server", "http://HOST:PORT"],
        ),
    ];
    for (arguments, variables, words) in table {
        let output = run("user-client", arguments, variables).await;
        assert_eq!(
            output.status.code(),
            Some(CODE_OF_WRONG_USAGE),
            "{output:?}"
        );
        assert_said_alone(&output, words);
    }
}

#[tokio::test]
async fn the_client_explains_what_it_cannot_use() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let table: &[Case<'_>] = &[
        (
            &["--waterfall", "--otlp-listen", &address, "get", "1"],
            &[],
            &["cannot receive spans", &address, "--otlp-listen"],
        ),
        (
            &["get", "1"],
            &[("RUST_LOG", "a=b=c")],
            &["RUST_LOG is not a valid filter"],
        ),
    ];
    for (arguments, variables, words) in table {
        assert_refused(&run("user-client", arguments, variables).await, words);
    }
}
