//! Frames that carry no call.

use testkit::wire::{self, PING, SETTINGS, frame};

use crate::attacker::Attack;
use crate::stage::Stage;

/// More than any connection needs in its life.
const COUNT: u32 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_pings_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |_| frame(PING, 0, 0, &[0; 8]),
        count: COUNT,
    };
    Stage::set().await.stops("PING flood", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_settings_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |_| frame(SETTINGS, 0, 0, &[]),
        count: COUNT,
    };
    Stage::set().await.stops("SETTINGS flood", attack).await;
}
