//! Streams that are opened for nothing.

use testkit::wire::{self, END_HEADERS, HEADERS, RST_STREAM, WINDOW_UPDATE, frame};

use crate::attack_env::AttackEnv;
use crate::attacker::Attack;

const CANCEL: [u8; 4] = [0, 0, 0, 8];

fn opened(stream: u32) -> Vec<u8> {
    frame(
        HEADERS,
        END_HEADERS,
        stream,
        &wire::request_headers("GetUser"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rapid_reset_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |number| {
            let stream = 2 * number + 1;
            [opened(stream), frame(RST_STREAM, 0, stream, &CANCEL)].concat()
        },
        count: 50_000,
    };
    AttackEnv::start().await.stops("rapid reset", attack).await;
}

/// The service is made to do the resetting, by an update that is an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_made_reset_is_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |number| {
            let stream = 2 * number + 1;
            [opened(stream), frame(WINDOW_UPDATE, 0, stream, &[0; 4])].concat()
        },
        count: 50_000,
    };
    AttackEnv::start().await.stops("made reset", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_without_end_are_stopped() {
    let attack = Attack {
        opening: wire::opening(),
        piece: |number| opened(2 * number + 1),
        count: 50_000,
    };
    AttackEnv::start().await.stops("open streams", attack).await;
}
