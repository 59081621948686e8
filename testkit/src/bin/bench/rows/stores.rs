//! Calls that reach a store.

use serde_json::Value;
use testkit::{Database, UserService, redis_database};

use super::tracing::onboard;
use super::{ROUNDS, load, median, show};

const USERS: &str = "10000";
const GET: [&str; 9] = [
    "get",
    "--ids",
    USERS,
    "--duration",
    "3s",
    "--connections",
    "4",
    "--concurrency",
    "100",
];
const CREATE: [&str; 7] = [
    "create",
    "--duration",
    "3s",
    "--connections",
    "4",
    "--concurrency",
    "200",
];

pub(crate) async fn run() -> Vec<Value> {
    println!(
        "Calls that reach a store: GetUser of 10,000 users at random, 100 at a time; CreateUser, 200 at a time"
    );
    let (one, two) = (Database::create().await, Database::create().await);
    let redis = redis_database();
    let bare = [
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let no_cache = ("CACHE_TTL", "0s");
    let mut figures = Vec::new();
    for (name, variables, arguments) in [
        (
            "GetUser, Redis",
            vec![("DATABASE_URL", one.url()), ("REDIS_URL", redis.url())],
            GET.as_slice(),
        ),
        (
            "GetUser, PostgreSQL",
            vec![("DATABASE_URL", one.url()), no_cache],
            &GET,
        ),
        ("GetUser, SQLite", vec![no_cache], &GET),
        (
            "CreateUser, PostgreSQL, durable",
            vec![("DATABASE_URL", two.url()), no_cache],
            &CREATE,
        ),
        ("CreateUser, SQLite, durable", vec![no_cache], &CREATE),
    ] {
        let mut service = UserService::start(&[&bare[..], &variables].concat()).await;
        if arguments[0] == "get" {
            onboard(&service, USERS).await;
        }
        let mut cells = Vec::new();
        for _ in 0..ROUNDS {
            cells.push(load(&mut service, arguments).await);
        }
        figures.push(show(name, median(&cells), ""));
    }
    println!();
    figures
}
