//! Pings that tell a peer that is silent from one that is gone.

use std::future::{pending, poll_fn};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{sleep, timeout};

use crate::server::guard::Activity;

/// Keepalive: how often a silent peer gets a PING, and how long it may take to acknowledge it.
const INTERVAL: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns when the peer was silent for 30 seconds, and then did not respond within 10.
pub(super) async fn silent(pings: Option<PingPong>, activity: Activity) {
    let Some(mut pings) = pings else {
        return pending().await;
    };
    loop {
        let before = activity.reads();
        sleep(INTERVAL).await;
        if activity.reads() != before {
            continue;
        }
        // It fails while an earlier ping has no response: then that one is waited for.
        let _ = pings.send_ping(Ping::opaque());
        let pong = timeout(TIMEOUT, poll_fn(|task| pings.poll_pong(task))).await;
        if pong.is_err() && activity.reads() == before {
            return;
        }
    }
}
