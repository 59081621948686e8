//! A PostgreSQL whose disk is full: creates wait for room, all else continues.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use testkit::{Postgres, SmallDisk, UserService};
use tonic::Code;

use crate::support::get;
use testkit::sizes::{eventually, report, size};
use testkit::users::{new_user, plain_client};

/// Room for an empty database, and for some hundred thousand users.
const MEBIBYTES: u32 = 32;
/// Users before the disk fills up, and creates that are refused then.
const SETTLED: usize = 10;
const REFUSALS: usize = 10;
/// Users that pages may still have room for once the disk has none.
const MOST_IN_PAGES: usize = 2_000;

/// The URL of a database with its tables and indexes on `disk`.
async fn database_on(disk: &SmallDisk, postgres: &Postgres) -> String {
    let mut admin = PgConnection::connect(&postgres.url()).await.unwrap();
    let tablespace = format!(
        "CREATE TABLESPACE small LOCATION '{}'",
        disk.path().display()
    );
    admin.execute(AssertSqlSafe(tablespace)).await.unwrap();
    let database = "CREATE DATABASE small TABLESPACE small";
    admin.execute(database).await.unwrap();
    let server = postgres.url();
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/small")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_postgres_loses_nothing_acknowledged_and_is_used_again() {
    let disk = match SmallDisk::mount(MEBIBYTES) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: {why}"),
    };
    let rounds = size(1, 20);
    let postgres = Postgres::start().await;
    let url = database_on(&disk, &postgres).await;
    let service = UserService::start(&[
        ("DATABASE_URL", &url),
        ("CACHE_TTL", "0s"),
        ("OTEL_SDK_DISABLED", "true"),
    ])
    .await;
    let mut client = plain_client(service.grpc_url()).await;
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for round in 1..=rounds {
        for _ in 0..SETTLED {
            let created = client.create_user(new_user()).await.unwrap();
            acknowledged.push(created.into_inner().user_id);
        }
        disk.fill();
        let before = acknowledged.len();
        while refused < round * REFUSALS {
            match client.create_user(new_user()).await {
                Ok(response) => acknowledged.push(response.into_inner().user_id),
                Err(status) => {
                    assert_eq!(status.code(), Code::Unavailable, "{status}");
                    assert!(status.metadata().contains_key("grpc-retry-pushback-ms"));
                    refused += 1;
                }
            }
            assert!(acknowledged.len() - before < MOST_IN_PAGES);
        }
        for &user in &acknowledged {
            get(client.clone(), user).await.unwrap();
        }
        disk.free().unwrap();
        eventually("creates work", Duration::from_secs(5), async || {
            client.create_user(new_user()).await.is_ok()
        })
        .await;
    }
    for &user in &acknowledged {
        get(client.clone(), user).await.unwrap();
    }
    report(
        35,
        &format!(
            "PostgreSQL's disk full (53100) {rounds} times: {refused} creates UNAVAILABLE with pushback, reads answered, 0 of {} acknowledged users lost, creates again without a restart",
            acknowledged.len()
        ),
    );
}
