//! What one caller may take, and that it is not taken from the others.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use http::Request;
use testkit::UserService;
use tokio::net::TcpSocket;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::auth_env::{AuthEnv, bearer, get_user, passed, reason, send};
use crate::raw::{Answer, RawClient, endless, framed};

const LIMIT: Duration = Duration::from_secs(20);

/// A caller of its own name.
struct Caller {
    client: RawClient,
    token: http::HeaderValue,
}

impl Caller {
    fn new(env: &AuthEnv, name: &str) -> Self {
        let roles = ["reader", "writer"];
        Self {
            client: env.client.clone(),
            token: bearer(&env.issuer.token(name, &roles)),
        }
    }

    async fn get(&self) -> Answer {
        send(&self.client, get_user(std::slice::from_ref(&self.token))).await
    }

    /// A call of `method` that continues until this is dropped. It is made again while
    /// another caller of the same name takes its place.
    fn hold(&self, method: &'static str) -> AbortOnDropHandle<()> {
        let (client, token) = (self.client.clone(), self.token.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let request: Request<_> = crate::raw::call(method)
                    .header("authorization", token.clone())
                    // Half a message: the method waits for the rest.
                    .body(endless(framed(0, &[0; 9]).slice(..7)))
                    .unwrap();
                let ended = client.send(request).await.unwrap();
                let again = is(&ended, "CALLER_CALLS") || is(&ended, "CALLER_STREAMS");
                assert!(again, "it has ended: {ended:?}");
            }
        }))
    }

    /// Waits until a call gets this far, which it may not at first.
    async fn until(&self, what: &str, reached: impl Fn(&Answer) -> bool) {
        let asking = async {
            while !reached(&self.get().await) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let reached = tokio::time::timeout(LIMIT, asking).await;
        assert!(reached.is_ok(), "not within {LIMIT:?}: {what}");
    }
}

fn is(answer: &Answer, refused: &str) -> bool {
    answer
        .status
        .as_ref()
        .is_some_and(|status| reason(status) == refused)
}

fn retry_delay(status: &Status) -> Duration {
    let details = status.get_error_details();
    let delay = details.retry_info().unwrap().retry_delay.unwrap();
    let pushback = status.metadata().get("grpc-retry-pushback-ms").unwrap();
    let pushback: u64 = pushback.to_str().unwrap().parse().unwrap();
    assert!(
        u128::from(pushback) >= delay.as_millis(),
        "{pushback} ms, {delay:?}"
    );
    delay
}

#[tokio::test]
async fn a_rate_is_kept_and_its_end_is_told() {
    let env = AuthEnv::start(&[("CALLER_RATE_LIMIT", "10")]).await;
    let (ada, eve) = (Caller::new(&env, "ada"), Caller::new(&env, "eve"));
    let started = Instant::now();
    let mut taken = 0;
    let refused = loop {
        let answer = eve.get().await;
        if !passed(&answer) {
            break answer.status.unwrap();
        }
        taken += 1;
    };
    let most = 10.0 + started.elapsed().as_secs_f64() * 10.0;
    assert!(taken >= 10 && f64::from(taken) <= most, "{taken} calls");
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(
        refused.message(),
        "the caller makes too many calls a second: try again later"
    );
    assert_eq!(reason(&refused), "CALLER_RATE");
    assert!(passed(&ada.get().await), "another caller has its own rate");

    let delay = retry_delay(&refused);
    assert!(delay <= Duration::from_millis(100), "{delay:?}");
    tokio::time::sleep(delay).await;
    assert!(
        passed(&eve.get().await),
        "what it was told to wait is enough"
    );
}

#[tokio::test]
async fn calls_in_flight_are_limited_for_each_caller_and_come_free() {
    let env = AuthEnv::start(&[("CALLER_MAX_CONCURRENT", "2"), ("UNARY_TIMEOUT", "1m")]).await;
    let (ada, eve) = (Caller::new(&env, "ada"), Caller::new(&env, "eve"));
    let held = [eve.hold("CreateUser"), eve.hold("GetUser")];
    eve.until("eve has two calls in flight", |it| is(it, "CALLER_CALLS"))
        .await;
    let refused = eve.get().await.status.unwrap();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(
        refused.message(),
        "the caller has too many calls in flight: try again later"
    );
    assert_eq!(retry_delay(&refused), Duration::from_secs(1));
    assert!(passed(&ada.get().await), "another caller has its own");

    drop(held);
    eve.until("given-up calls come free", passed).await;
}

#[tokio::test]
async fn open_streams_are_limited_for_each_caller_and_come_free() {
    let env = AuthEnv::start(&[("CALLER_MAX_STREAMS", "2")]).await;
    let (ada, eve) = (Caller::new(&env, "ada"), Caller::new(&env, "eve"));
    let held = [eve.hold("GetUsers"), eve.hold("CreateUsers")];
    // Both are counted once a third is not taken.
    let refused = loop {
        let request = crate::raw::call("ListUsers").header("authorization", eve.token.clone());
        let answer = send(&eve.client, request).await;
        if answer.code() != Some(Code::Ok) {
            break answer.status.unwrap();
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(
        refused.message(),
        "the caller has too many streams open: end some, or try again later"
    );
    assert_eq!(reason(&refused), "CALLER_STREAMS");
    assert_eq!(retry_delay(&refused), Duration::from_secs(1));
    assert!(passed(&eve.get().await), "unary calls are counted apart");
    let request = crate::raw::call("ListUsers").header("authorization", ada.token.clone());
    assert_eq!(send(&ada.client, request).await.code(), Some(Code::Ok));

    drop(held);
    let free = async {
        loop {
            let request = crate::raw::call("ListUsers").header("authorization", eve.token.clone());
            if send(&eve.client, request).await.code() == Some(Code::Ok) {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, free).await.unwrap();
}

#[tokio::test]
async fn a_caller_at_its_limit_doesnt_hurt_another() {
    let limits = [("CALLER_MAX_CONCURRENT", "4"), ("UNARY_TIMEOUT", "5m")];
    let env = AuthEnv::start(&[&limits[..], &[("MAX_IN_FLIGHT", "8")]].concat()).await;
    let ada = Caller::new(&env, "ada");
    let mut eve = Caller::new(&env, "eve");
    eve.client = RawClient::connect(env.env.service.grpc_url()).await;
    let _held = [0; 4].map(|_| eve.hold("GetUser"));
    eve.until("eve has four calls in flight", |it| is(it, "CALLER_CALLS"))
        .await;
    let flood = AbortOnDropHandle::new(tokio::spawn(async move {
        let mut refused = 0;
        for _ in 0..50 {
            let calls: Vec<_> = (0..16).map(|_| eve.get()).collect();
            let answers = futures_util::future::join_all(calls).await;
            refused += answers.iter().filter(|it| is(it, "CALLER_CALLS")).count();
        }
        refused
    }));
    let mut others = 0;
    while !flood.is_finished() || others < 100 {
        assert!(passed(&ada.get().await));
        others += 1;
    }
    let refused = flood.await.unwrap();
    // A call of a probe may still have been in a place at first.
    assert!(refused > 700, "{refused} of 800 calls of the flood");
    println!("{refused} of 800 calls of one caller refused, 0 of {others} of another");
}

#[tokio::test]
async fn without_tokens_the_address_is_the_caller() {
    let service = UserService::start(&[("CALLER_RATE_LIMIT", "1")]).await;
    let url = service.grpc_url();
    let here = from(Ipv4Addr::LOCALHOST, url).await;
    let there = from(Ipv4Addr::new(127, 0, 0, 2), url).await;
    assert!(passed(&send(&here, get_user(&[])).await));
    let refused = send(&RawClient::connect(url).await, get_user(&[])).await;
    assert!(
        is(&refused, "CALLER_RATE"),
        "another connection is the same caller: {refused:?}"
    );
    assert!(passed(&send(&there, get_user(&[])).await));
}

/// A client of the service at `url` that calls from `address`.
async fn from(address: Ipv4Addr, url: &str) -> RawClient {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    let service = url.strip_prefix("http://").unwrap();
    let stream = socket.connect(service.parse().unwrap()).await.unwrap();
    RawClient::over(stream).await
}
