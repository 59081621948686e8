//! A clock that jumps, and a disk that takes no more.

mod times;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use testkit::{Sink, UserService};
use tonic::Code;

use crate::support::get;
use testkit::load::steady;
use testkit::sizes::{eventually, report, size};
use testkit::users::{new_user, plain_client};

const NO_SPACE: i32 = 28;
const IO_ERROR: i32 = 5;

/// What a program under it takes for the world.
struct World {
    folder: TempDir,
}

impl World {
    /// Compiles the library with the compiler that Rust links with.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/world/shim.c");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-o"]);
        let library = folder.path().join("world.so");
        assert!(cc.arg(library).arg(source).status().unwrap().success());
        let world = Self { folder };
        world.set(0, 0);
        world
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The clock is wrong by so many seconds, and writes to files meet this error; 0 is none.
    fn set(&self, seconds: i64, error: i32) {
        let next = PathBuf::from(self.path("next"));
        fs::write(&next, format!("{seconds} {error}")).unwrap();
        fs::rename(next, self.path("world")).unwrap();
    }

    async fn service(&self, variables: &[(&str, &str)]) -> UserService {
        let (library, world) = (self.path("world.so"), self.path("world"));
        let own = [("LD_PRELOAD", library.as_str()), ("WORLD", &world)];
        UserService::start(&[&own, variables].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_fails_no_call_and_makes_no_negative_duration() {
    const HOUR: i64 = 3600;
    let rounds = size(2, 30);
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let world = World::new();
    let endpoint = sink.endpoint();
    let service = world
        .service(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "65536"),
        ])
        .await;
    let client = plain_client(service.grpc_url()).await;
    let jumping = async {
        for _ in 0..rounds {
            for seconds in [HOUR, -HOUR, 0] {
                tokio::time::sleep(Duration::from_millis(200)).await;
                world.set(seconds, 0);
            }
        }
    };
    let time = Duration::from_millis(600) * rounds;
    let calls = steady(200, time, |_| {
        let mut client = client.clone();
        async move {
            let created = client.create_user(new_user()).await;
            let id = created.map_err(|status| status.to_string())?.into_inner();
            get(client, id.user_id)
                .await
                .map_err(|status| status.to_string())
        }
    });
    let (tally, ()) = tokio::join!(calls, jumping);
    tally.assert_none_failed();
    assert!(service.stop().await.success());
    let spans = sink.spans();
    let took = |span: &testkit::ReceivedSpan| {
        i128::from(span.span.end_time_unix_nano) - i128::from(span.span.start_time_unix_nano)
    };
    let wrong = |nanoseconds: i128| !(0..60_000_000_000).contains(&nanoseconds);
    let wrong = spans.iter().filter(|span| wrong(took(span))).count();
    assert_eq!(wrong, 0, "of {} spans", spans.len());
    report(
        34,
        &format!(
            "the clock jumped by an hour {} times under load: {tally}, {wrong} of {} spans have a wrong duration",
            3 * rounds,
            spans.len()
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_or_broken_disk_loses_nothing_acknowledged_and_is_used_again() {
    let rounds = size(1, 20);
    let world = World::new();
    let service = world.service(&[("OTEL_SDK_DISABLED", "true")]).await;
    let mut client = plain_client(service.grpc_url()).await;
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for error in [NO_SPACE, IO_ERROR].repeat(rounds) {
        let created = client.create_user(new_user()).await.unwrap();
        acknowledged.push(created.into_inner().user_id);
        world.set(0, error);
        for _ in 0..10 {
            let status = client.create_user(new_user()).await.unwrap_err();
            assert_eq!(status.code(), Code::Unavailable, "error {error}: {status}");
            refused += 1;
        }
        for &user in &acknowledged {
            get(client.clone(), user).await.unwrap();
        }
        world.set(0, 0);
        eventually("creates work", Duration::from_secs(5), async || {
            client.create_user(new_user()).await.is_ok()
        })
        .await;
    }
    for &user in &acknowledged {
        get(client.clone(), user).await.unwrap();
    }
    let rounds = 2 * rounds;
    report(
        35,
        &format!(
            "SQLite on a disk full (ENOSPC) or broken (EIO) {rounds} times: {refused} creates UNAVAILABLE, reads answered, 0 of {} acknowledged users lost, creates again without a restart",
            acknowledged.len()
        ),
    );
}
