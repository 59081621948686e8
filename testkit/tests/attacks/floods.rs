//! Frames that carry no call.

use testkit::wire::{self, ACK, PING, SETTINGS, frame};

use crate::attack_env::AttackEnv;
use crate::attacker::Attack;

/// More than any connection needs in its life.
const COUNT: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |_| frame(PING, 0, 0, &[0; 8]),
        count: COUNT,
    };
    AttackEnv::start().await.stops("PING flood", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_settings_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |_| frame(SETTINGS, 0, 0, &[]),
        count: COUNT,
    };
    AttackEnv::start()
        .await
        .stops("SETTINGS flood", attack)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flood_of_unasked_ping_acknowledgements_is_stopped_and_not_logged() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |_| frame(PING, ACK, 0, &[0; 8]),
        count: COUNT,
    };
    let mut stage = AttackEnv::start().await;
    stage.stops("PING acknowledgement flood", attack).await;
    let of_http2: Vec<String> = stage
        .log()
        .into_iter()
        .filter(|it| it.contains("h2::"))
        .collect();
    assert!(
        of_http2.is_empty(),
        "{} lines, such as {}",
        of_http2.len(),
        of_http2[0]
    );
}
