//! A Redis that responds with errors: the log says why the cache is useless.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use redis::Connection;
use tempfile::TempDir;
use testkit::certificates::Authority;
use testkit::users::plain_client;
use testkit::{Redis, Stream, UserService};
use user_proto::v1::GetUserRequest;

const LIMIT: Duration = Duration::from_secs(20);
const REFUSES: &str = "Redis rejects all commands";
const AGAIN: &str = "Redis executes commands again";

fn connection(redis: &Redis) -> Connection {
    let client = redis::Client::open(redis.url()).unwrap();
    client.get_connection().unwrap()
}

fn run(connection: &mut Connection, command: &str) {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    command.exec(connection).unwrap();
}

async fn read_ten(service: &UserService) {
    let mut client = plain_client(service.grpc_url()).await;
    for user_id in 1..=10 {
        let absent = client.get_user(GetUserRequest { user_id }).await;
        assert_eq!(absent.unwrap_err().code(), tonic::Code::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_refuses_all_commands_is_reported_once_with_its_code() {
    let table: [(&str, &[&str], &[&str]); 4] = [
        (
            "NOAUTH",
            &["CONFIG SET requirepass secret"],
            &["CONFIG SET requirepass ", "ACL SETUSER default nopass"],
        ),
        (
            "NOPERM",
            &["ACL SETUSER default -get -mget -set"],
            &["ACL SETUSER default +@all"],
        ),
        (
            "MASTERDOWN",
            &[
                "CONFIG SET replica-serve-stale-data no",
                "REPLICAOF 127.0.0.1 1",
            ],
            &["REPLICAOF NO ONE"],
        ),
        ("CLUSTERDOWN", &[], &["CLUSTER ADDSLOTSRANGE 0 16383"]),
    ];
    for (code, refuse, allow) in table {
        let redis = match code {
            // It is a node that none of the slots belong to.
            "CLUSTERDOWN" => Redis::start_in_cluster(None).await,
            _ => Redis::start().await,
        };
        let mut operator = connection(&redis);
        for command in refuse {
            run(&mut operator, command);
        }
        let url = redis.url();
        let mut service =
            UserService::start(&[("REDIS_URL", &url), ("OTEL_SDK_DISABLED", "true")]).await;
        read_ten(&service).await;
        read_ten(&service).await;
        let refuses = |line: &str| line.contains(REFUSES) && line.contains(code);
        service.process().wait_for_line(refuses, LIMIT).await;

        for command in allow {
            run(&mut operator, command);
        }
        if code == "NOAUTH" {
            // Those who were let in without a password have to come again.
            run(&mut operator, "CLIENT KILL TYPE normal SKIPME yes");
        }
        let again = async {
            let mut lines = 0;
            while lines == 0 {
                read_ten(&service).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
                lines = service
                    .process()
                    .text(Stream::Stdout)
                    .matches(AGAIN)
                    .count();
            }
            lines
        };
        assert_eq!(tokio::time::timeout(LIMIT, again).await, Ok(1), "{code}");
        let text = service.process().text(Stream::Stdout);
        assert_eq!(text.matches(REFUSES).count(), 1, "{text}");
    }
}

/// Lets `redis` serve TLS too, by a certificate in `folder`; returns its port.
fn serve_tls(redis: &Redis, folder: &Path) -> u16 {
    let authority = Authority::new("a test");
    let server = authority.local_server();
    for (name, pem) in [
        ("ca", authority.pem()),
        ("cert", server.certificate),
        ("key", server.key),
    ] {
        std::fs::write(folder.join(name), pem).unwrap();
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let folder = folder.display();
    let command = format!(
        "CONFIG SET tls-ca-cert-file {folder}/ca tls-cert-file {folder}/cert \
         tls-key-file {folder}/key tls-auth-clients no tls-port {port}"
    );
    run(&mut connection(redis), &command);
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_cannot_be_used_is_reported_with_its_cause() {
    let redis = Redis::start().await;
    let place = redis.url().replace("redis://", "");
    let folder = TempDir::new().unwrap();
    let tls = serve_tls(&redis, folder.path());
    run(&mut connection(&redis), "CONFIG SET requirepass secret");
    for (url, cause) in [
        (
            format!("redis://:wrong@{place}"),
            "Password authentication failed",
        ),
        (format!("redis://:secret@{place}/4096"), "out of range"),
        // Signed by a CA that the system does not trust.
        (format!("rediss://:secret@127.0.0.1:{tls}"), "UnknownIssuer"),
        ("redis://127.0.0.1:1".to_owned(), "refused"),
    ] {
        let variables = [
            ("REDIS_URL", url.as_str()),
            ("OTEL_SDK_DISABLED", "true"),
            ("RUST_LOG", "info,user_service=debug"),
        ];
        let mut service = UserService::start(&variables).await;
        let trouble = |line: &str| line.contains("Redis does not respond");
        service.process().wait_for_line(trouble, LIMIT).await;
        // On a slow machine the time of the first attempt may be too short for TLS.
        let told = |line: &str| line.contains("\"cause\"") && line.contains(cause);
        let line = service.process().wait_for_line(told, LIMIT).await;
        assert!(
            !line.contains("wrong@") && !line.contains("secret"),
            "{line}"
        );
    }
}
