//! After an acknowledgement no read returns the state before it, whichever replica is asked.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use testkit::UserService;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;

use crate::support::{METRICS_ONLY, get, metric, proxied, redis_given_up};
use testkit::sizes::{report, size};
use testkit::users::{new_user, plain_client};

/// How long an absence may be remembered, and some slack for a busy machine.
const ABSENCE: Duration = Duration::from_secs(3);

/// How often Redis was not asked or did not respond in time.
async fn untold(service: &UserService) -> f64 {
    let name = "user_service_cache_requests_total";
    let bypassed = metric(service, name, &[r#"cache_result="bypass""#]).await;
    bypassed + redis_given_up(service).await
}

/// Whether the user is absent at first, and waits until it is there.
async fn was_absent(client: UserServiceClient<Channel>, id: i64) -> bool {
    let begun = Instant::now();
    let mut asked = 0;
    while let Err(status) = get(client.clone(), id).await {
        assert_eq!(status.code(), Code::NotFound, "{status}");
        assert!(begun.elapsed() < ABSENCE, "{status}");
        asked += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    asked > 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_everywhere_once_its_creation_is_acknowledged() {
    const WRITERS: usize = 4;
    let time = size(Duration::from_secs(2), Duration::from_secs(60));
    let env = proxied(&METRICS_ONLY).await;
    let other = env.replica(&[]).await;
    let replicas = [
        env.plain_client().await,
        plain_client(other.grpc_url()).await,
    ];
    let next = &*Box::leak(Box::new(AtomicI64::new(1)));
    let absences = &*Box::leak(Box::new(AtomicUsize::new(0)));
    let ends = Instant::now() + time;
    // They ask for who is about to come, so that both replicas and Redis know of an absence.
    let mut readers = JoinSet::new();
    for number in 0..2 * WRITERS {
        let client = replicas[number % 2].clone();
        readers.spawn(async move {
            while Instant::now() < ends {
                let id = next.load(Relaxed) + i64::try_from(number / 2).unwrap();
                if let Err(status) = get(client.clone(), id).await {
                    assert_eq!(status.code(), Code::NotFound);
                    absences.fetch_add(1, Relaxed);
                }
            }
        });
    }
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (mut at, elsewhere) = (
            replicas[number % 2].clone(),
            replicas[1 - number % 2].clone(),
        );
        writers.spawn(async move {
            let (mut made, mut stale) = (0, 0);
            while Instant::now() < ends {
                let created = at.create_user(new_user()).await.unwrap().into_inner();
                let id = created.user_id;
                for reader in [elsewhere.clone(), at.clone()] {
                    stale += usize::from(was_absent(reader, id).await);
                }
                next.fetch_max(id + 1, Relaxed);
                made += 1;
            }
            (made, stale)
        });
    }
    let (mut made, mut stale) = (0, 0);
    for (made_by_one, stale_for_it) in writers.join_all().await {
        made += made_by_one;
        stale += stale_for_it;
    }
    readers.join_all().await;
    let absences = absences.load(Relaxed);
    assert!(absences > 0, "nobody asked too early");
    // Redis may be too slow to be told of a creation on a machine as busy as this one.
    let untold = untold(&env.service).await + untold(&other).await;
    assert!(stale == 0 || untold > 0.0, "{stale} of {made} were stale");
    report(
        7,
        &format!(
            "two replicas for {time:?}: {stale} of {made} users were absent anywhere after their acknowledgement (Redis was too slow to be asked or told {untold:.0} times), while {absences} look-ups came too early"
        ),
    );
}
