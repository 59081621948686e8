//! Callers that open all the calls they may and leave them open: others are served meanwhile, and the
//! memory stays within that of a pod.

mod frames;
mod kinds;
mod requests;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use testkit::load::{Tally, steady};
use testkit::sizes::size;
use testkit::{AttackRow, UserService, wire};
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUserRequest};

use self::kinds::{ResourceAttack, Traffic};
use crate::raw;

/// The limit on memory in the manifests, in KiB.
const POD: u64 = 256 * 1024;
/// Less growth than this, in KiB, is none; and how long it is waited for.
const STILL: u64 = 512;
const MOST_ROUNDS: u32 = 30;

/// A service with large users, and one of them.
async fn service() -> (UserService, i64) {
    let service = UserService::embedded(&[("HEALTH_ADDR", "127.0.0.1:0")]).await;
    let mut client = UserServiceClient::new(raw::channel(&service).await);
    let large = |number| CreateUsersRequest {
        name: "\u{1F980}".repeat(200),
        email: format!("{number}.{}@example.com", "x".repeat(50)),
        ..CreateUsersRequest::default()
    };
    let users = tokio_stream::iter((0..600).map(large));
    client.create_users(users).await.unwrap();
    let ada = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        ..CreateUserRequest::default()
    };
    let created = client.create_user(ada).await.unwrap();
    (service, created.into_inner().user_id)
}

/// Connections with all that was opened on them.
async fn start(url: &str, hoard: &ResourceAttack) -> Vec<AbortOnDropHandle<()>> {
    let mut held = Vec::new();
    for number in 0..hoard.connections {
        let last = 2 + number % usize::from(hoard.addresses);
        let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, u8::try_from(last).unwrap()));
        let peer = wire::connect_from(from, url, &[]).await;
        let keeping = match hoard.how.clone() {
            Traffic::Frames(frames) => tokio::spawn(frames::keep(peer, frames)),
            Traffic::Requests(requests) => tokio::spawn(requests::keep(peer, requests)),
        };
        held.push(AbortOnDropHandle::new(keeping));
    }
    held
}

/// Reads of others for `time`, at a steady rate.
async fn reads(bystander: &UserServiceClient<Channel>, user: i64, time: Duration) -> Tally {
    steady(size(100, 500), time, |_| {
        let mut bystander = bystander.clone();
        async move {
            let got = bystander.get_user(GetUserRequest { user_id: user }).await;
            got.map(drop).map_err(|status| status.to_string())
        }
    })
    .await
}

/// Lets hoarders hoard, while others read. Returns whether the memory stayed within that of the
/// pod and all of the reads succeeded, as they have to beside one or two addresses.
async fn is_harmless(hoard: &ResourceAttack) -> bool {
    let time = Duration::from_secs(size(1, 5));
    let (mut service, user) = service().await;
    let bystander = UserServiceClient::new(raw::channel(&service).await);
    let usual = reads(&bystander, user, time).await;
    let before = service.process().resident();
    service.process().forget_peak();
    let hoarding = start(hoard.port.of(&service), hoard).await;
    let mut tally = reads(&bystander, user, time).await;
    // Until the service holds all that it ever will.
    for _ in 0..MOST_ROUNDS {
        let peak = service.process().peak();
        tally.absorb(reads(&bystander, user, time).await);
        if peak >= POD || service.process().peak() < peak + STILL {
            break;
        }
    }
    let row = AttackRow {
        attack: hoard.name,
        connections: hoarding.len(),
        before,
        peak: service.process().peak(),
        calls: tally.calls(),
        failed: tally.failures(),
        usual_p99: usual.percentile(99),
        p99: tally.percentile(99),
    };
    row.report();
    println!("{tally}; {} connections stay", staying(&hoarding));
    // Calls of three addresses may be worked on in all places in flight at once.
    let may_shed = hoard.addresses == 3;
    row.peak < POD && (row.failed == 0 || may_shed)
}

/// Hoarders whose connections are still open.
fn staying(hoarding: &[AbortOnDropHandle<()>]) -> usize {
    hoarding.iter().filter(|it| !it.is_finished()).count()
}

async fn assert_harmless(hoards: Vec<ResourceAttack>) {
    let mut harmful = Vec::new();
    for hoard in hoards {
        if !is_harmless(&hoard).await {
            harmful.push(hoard.name);
        }
    }
    assert!(harmful.is_empty(), "{harmful:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_calls_leave_places_to_others_and_memory_to_the_pod() {
    assert_harmless(frames::of_calls()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_calls_leave_places_to_others_and_memory_to_the_pod() {
    assert_harmless(frames::of_connections()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_requests_leave_places_to_others_and_memory_to_the_pod() {
    assert_harmless(requests::of_requests()).await;
}
