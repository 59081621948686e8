//! Callers who open all that they may, and let it stand: others are served meanwhile, and the
//! memory stays within that of a pod.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use testkit::UserService;
use testkit::load::steady;
use testkit::sizes::{report, size};
use testkit::wire::{
    self, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUserRequest};

use crate::raw;

/// The row of the table that the figures belong to.
const ROW: u32 = 24;
/// The limit on memory in the manifests, in KiB.
const POD: u64 = 256 * 1024;
/// Calls on each connection: as many as one may have, but for one.
const CALLS: u32 = 199;

/// What a hoarder sends on each of its connections, and then goes on to send.
struct Hoard {
    name: &'static str,
    connections: usize,
    addresses: u8,
    sent: Vec<u8>,
    /// Sent again and again, if that is anything.
    crumb: Vec<u8>,
}

/// Connections with all that was opened on them.
struct Hoarding(Vec<AbortOnDropHandle<()>>);

impl Hoarding {
    async fn start(url: &str, hoard: &Hoard) -> Self {
        let mut held = Vec::new();
        for number in 0..hoard.connections {
            let last = 2 + number % usize::from(hoard.addresses);
            let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, u8::try_from(last).unwrap()));
            let peer = wire::connect_from(from, url, &[]).await;
            let (sent, crumb) = (hoard.sent.clone(), hoard.crumb.clone());
            held.push(AbortOnDropHandle::new(tokio::spawn(keep(
                peer, sent, crumb,
            ))));
        }
        Self(held)
    }
}

/// Sends what there is to send once the service has told its windows, and reads what comes so
/// that it isn't held back.
async fn keep(mut peer: TcpStream, sent: Vec<u8>, crumb: Vec<u8>) {
    let _ = peer.write_all(&wire::opening()).await;
    let _ = peer.read(&mut [0; 1024]).await;
    let (mut reads, mut writes) = peer.into_split();
    let mut sink = tokio::io::sink();
    let reading = tokio::io::copy(&mut reads, &mut sink);
    tokio::select! {
        () = send(&mut writes, &sent, &crumb) => {}
        _ = reading => {}
    }
}

async fn send(writes: &mut OwnedWriteHalf, sent: &[u8], crumb: &[u8]) {
    if writes.write_all(sent).await.is_err() {
        return;
    }
    loop {
        sleep(Duration::from_millis(300)).await;
        if !crumb.is_empty() && writes.write_all(crumb).await.is_err() {
            return;
        }
    }
}

/// As many calls of `path` as a connection may have, each followed by `body`.
fn calls(path: &str, body: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let headers = wire::headers_of(path);
    let streams = (0..CALLS).map(|number| 2 * number + 1);
    streams
        .flat_map(|stream| [frame(HEADERS, END_HEADERS, stream, &headers), body(stream)].concat())
        .collect()
}

fn user_call(method: &str) -> String {
    format!("/user.v1.UserService/{method}")
}

/// So many bytes of requests on `stream`, of which none is complete.
fn half_a_message(stream: u32, bytes: usize) -> Vec<u8> {
    let prefix = [0, 0, 0x0f, 0xff, 0xff];
    let mut sent = frame(DATA, 0, stream, &prefix);
    if bytes > 0 {
        sent.extend(frame(DATA, 0, stream, &vec![0; bytes]));
    }
    sent
}

fn hoards() -> Vec<Hoard> {
    let hoard = |name, connections, sent: Vec<u8>| Hoard {
        name,
        connections,
        addresses: 2,
        sent,
        crumb: Vec::new(),
    };
    let message = |stream| frame(DATA, END_STREAM, stream, &[0; 5]);
    let no_window = wire::setting(INITIAL_WINDOW_SIZE, 0);
    let lists = calls(&user_call("ListUsers"), message);
    // 100 KiB of headers that never end: less than what ends the connection.
    let many = size(64, 1000);
    let header = wire::header("x", &"v".repeat(120));
    let unfinished = [
        frame(HEADERS, 0, 1, &wire::headers_of("/")),
        frame(CONTINUATION, 0, 1, &header.repeat(100)),
        frame(CONTINUATION, 0, 1, &header.repeat(100)),
    ];
    vec![
        hoard(
            "watches",
            320,
            calls("/grpc.health.v1.Health/Watch", message),
        ),
        hoard(
            "silent streams",
            64,
            calls(&user_call("CreateUsers"), |_| Vec::new()),
        ),
        hoard(
            "half a unary request",
            64,
            calls(&user_call("GetUser"), |stream| half_a_message(stream, 0)),
        ),
        Hoard {
            crumb: frame(DATA, 0, 1, &[0; 8]),
            ..hoard(
                "dribbled streams",
                600,
                calls(&user_call("CreateUsers"), |stream| {
                    half_a_message(stream, 0)
                }),
            )
        },
        hoard("unread lists", 64, [no_window.clone(), lists].concat()),
        hoard(
            "unread look-ups",
            64,
            [
                no_window,
                calls(&user_call("GetUsers"), |stream| {
                    frame(DATA, 0, stream, &[0, 0, 0, 0, 2, 8, 1].repeat(700))
                }),
            ]
            .concat(),
        ),
        hoard(
            "half of large unary requests",
            64,
            calls(&user_call("CreateUser"), |stream| {
                half_a_message(stream, 4 * 1024)
            }),
        ),
        hoard("unfinished headers", many, unfinished.concat()),
        hoard("silent connections", many, Vec::new()),
    ]
}

/// A service with large users, and one of them.
async fn service() -> (UserService, i64) {
    let service = UserService::start(&[("OTEL_SDK_DISABLED", "true")]).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn hoarders_leave_places_to_others_and_memory_to_the_pod() {
    let mut harmed = Vec::new();
    for hoard in hoards() {
        let (mut service, user) = service().await;
        let before = service.process().resident();
        let bystander = UserServiceClient::new(raw::channel(&service).await);
        let hoarding = Hoarding::start(service.grpc_url(), &hoard).await;
        let tally = steady(size(100, 500), Duration::from_secs(size(2, 10)), |_| {
            let mut bystander = bystander.clone();
            async move {
                let got = bystander.get_user(GetUserRequest { user_id: user }).await;
                got.map(drop).map_err(|status| status.to_string())
            }
        })
        .await;
        let memory = service.process().resident();
        report(
            ROW,
            &format!(
                "{} on {} connections ({} stay) of {} addresses: {} of {} KiB, {} before; {tally}, p99 {:.1?}",
                hoard.name,
                hoarding.0.len(),
                hoarding.0.iter().filter(|it| !it.is_finished()).count(),
                hoard.addresses,
                memory,
                POD,
                before,
                tally.percentile(99),
            ),
        );
        if memory >= POD || tally.failures() > 0 {
            harmed.push(hoard.name);
        }
    }
    assert!(harmed.is_empty(), "{harmed:?}");
}
