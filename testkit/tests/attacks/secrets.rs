//! Passwords are where they are used and nowhere else.

use std::fs;

use testkit::{Database, Sink, Stream, UserService, redis_database, run};
use user_proto::v1::CreateUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use crate::raw;

const PASSWORD: &str = "hunter2-canary";

/// `url` with a password, which neither server of the tests asks for.
fn with_password(url: &str, user: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    if url.username().is_empty() {
        url.set_username(user).unwrap();
    }
    url.set_password(Some(PASSWORD)).unwrap();
    url.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_stays_out_of_everything_that_others_see() {
    let (database, cache) = (Database::create().await, redis_database());
    let secrets = tempfile::tempdir().unwrap();
    let stored = |name: &str, url: &str| {
        let file = secrets.path().join(name);
        fs::write(&file, format!("{url}\n")).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (database_url, redis_url) = (
        with_password(database.url(), "postgres"),
        with_password(cache.url(), ""),
    );
    let files = [
        ("DATABASE_URL_FILE", stored("database", &database_url)),
        ("REDIS_URL_FILE", stored("redis", &redis_url)),
    ];
    let variables = [("DATABASE_URL", database_url), ("REDIS_URL", redis_url)];
    for given in [files, variables] {
        let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let endpoint = sink.endpoint();
        let [database, cache] = &given;
        let mut service = UserService::start(&[
            (database.0, &database.1),
            (cache.0, &cache.1),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("RUST_LOG", "debug"),
        ])
        .await;
        call(&service).await;
        let pid = service.process().pid();
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        let arguments = String::from_utf8(arguments).unwrap();
        let scraped = service.metrics().await.text().to_owned();
        service.process().signal(testkit::Signal::TERM);
        let limit = std::time::Duration::from_secs(30);
        assert!(service.process().wait(limit).await.success());
        let said = service.process().text(Stream::Stdout) + &service.process().text(Stream::Stderr);
        let spans = sink.spans();
        assert!(!spans.is_empty());
        let resource = spans[0].resource.iter().map(|it| it.key.clone());
        let resource: Vec<String> = resource.collect();
        assert!(
            !resource
                .iter()
                .any(|key| key.starts_with("process.command")),
            "{resource:?}"
        );
        let exported = format!("{spans:?} {:?}", sink.metrics());
        for (place, text) in [
            ("the arguments", arguments),
            ("/metrics", scraped),
            ("the log", said),
            ("telemetry", exported),
        ] {
            assert!(!text.contains(PASSWORD), "in {place}");
        }
    }
}

async fn call(service: &UserService) {
    let mut client = UserServiceClient::new(raw::channel(service).await);
    let ada = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("ada-{}@example.com", uuid::Uuid::new_v4().simple()),
        ..CreateUserRequest::default()
    };
    client.create_user(ada).await.unwrap();
}

#[tokio::test]
async fn help_shows_no_password_and_no_argument_may_be_one() {
    let url = format!("postgres://ada:{PASSWORD}@127.0.0.1:1/users");
    let variables = [("DATABASE_URL", url.as_str()), ("REDIS_URL", url.as_str())];
    let help = run("user-service", &["--help"], &variables).await;
    assert!(help.status.success());
    assert!(help.stdout.contains("DATABASE_URL"));
    assert!(!help.stdout.contains(PASSWORD));

    let refused = run("user-service", &["--database-url", &url], &[]).await;
    assert_eq!(refused.status.code(), Some(2));
    let expected = "use DATABASE_URL or --database-url-file";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    assert!(!refused.stderr.contains(PASSWORD), "{}", refused.stderr);
}

#[tokio::test]
async fn secrets_in_urls_are_never_repeated() {
    let user = format!("http://ada:{PASSWORD}@127.0.0.1:1");
    let query = format!("http://127.0.0.1:1/x?token={PASSWORD}");
    let (slash, unknown) = (
        format!("postgres://ada:1/{PASSWORD}@127.0.0.1:1/users"),
        format!("postgres://ada@127.0.0.1:1/users?token={PASSWORD}"),
    );
    let service = "user-service";
    let table = [
        (service, &["migrate"][..], ("DATABASE_URL", &slash)),
        (service, &["migrate"], ("DATABASE_URL", &unknown)),
        (service, &["migrate"], ("ETCD_ENDPOINTS", &user)),
        (service, &["--help"], ("ETCD_ENDPOINTS", &user)),
        (service, &[&user], ("PATH", &user)),
        (service, &["--etcd-endpoints", &query], ("PATH", &user)),
        ("user-client", &["get", "1"], ("USER_SERVICE", &user)),
        ("user-client", &["--help"], ("USER_SERVICE", &user)),
        ("user-client", &["--help"], ("JAEGER_URL", &user)),
        (
            "user-client",
            &["get", "1", "--server", &query],
            ("PATH", &user),
        ),
        (
            "user-client",
            &["get", "1"],
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &user),
        ),
        (
            "user-client",
            &["get", "1"],
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &query),
        ),
    ];
    for (program, arguments, (name, value)) in table {
        let output = run(program, arguments, &[(name, value)]).await;
        let said = output.stdout + &output.stderr;
        assert!(!said.is_empty(), "{program} {arguments:?} {name}={value}");
        assert!(
            !said.contains(PASSWORD),
            "{program} {arguments:?} {name}={value}: {said}"
        );
    }
}
