//! A service that stands still for a while, as on a host that is overloaded.

use std::time::Duration;

use rustix::process::Signal;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::support::{client, get};
use testkit::UserService;
use testkit::sizes::size;
use testkit::users::{new_user, plain_client};

/// How long a caller waits for a call before it gives that up.
const PATIENCE: Duration = Duration::from_millis(2);
/// Calls of a pause: given up one after the other they take more than a second.
const CANCELS: usize = 380;
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn calls_cancelled_during_a_pause_of_the_service_end_no_connection() {
    let pauses = size(1, 20);
    let mut service = UserService::embedded(&[]).await;
    let user = client(service.grpc_url(), LIMIT)
        .create(new_user())
        .await
        .unwrap();
    // One connection for all calls.
    let caller = plain_client(service.grpc_url()).await;
    get(caller.clone(), user).await.unwrap();
    for _ in 0..pauses {
        for _ in 0..CANCELS {
            get(caller.clone(), user).await.unwrap();
        }
        service.process().signal(Signal::STOP);
        let mut others = JoinSet::new();
        for _ in 0..8 {
            others.spawn(get(caller.clone(), user));
        }
        for _ in 0..CANCELS {
            // The signal may take a moment to stop the first of them.
            if let Ok(answer) = timeout(PATIENCE, get(caller.clone(), user)).await {
                answer.unwrap();
            }
        }
        sleep(Duration::from_millis(200)).await;
        service.process().signal(Signal::CONT);
        for other in timeout(LIMIT, others.join_all()).await.unwrap() {
            other.unwrap();
        }
    }
}
