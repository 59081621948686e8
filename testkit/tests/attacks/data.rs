//! Bodies that say nothing, and readers that don't read.

use std::time::Duration;

use testkit::wire::{self, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE, frame};

use crate::attack_env::AttackEnv;
use crate::attacker::Attack;

fn create_users() -> Vec<u8> {
    frame(
        HEADERS,
        END_HEADERS,
        1,
        &wire::request_headers("CreateUsers"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_empty_data_is_stopped() {
    let attack = Attack {
        opening: [wire::opening(), create_users()].concat(),
        piece: |_| frame(DATA, 0, 1, &[]),
        count: 200_000,
    };
    AttackEnv::start().await.stops("empty DATA", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_data_of_one_byte_is_stopped() {
    let attack = Attack {
        opening: [wire::opening(), create_users()].concat(),
        piece: |_| frame(DATA, 0, 1, &[0]),
        count: 200_000,
    };
    AttackEnv::start().await.stops("1-byte DATA", attack).await;
}

/// The maximum responses of a connection, none of which is let through.
#[tokio::test(flavor = "multi_thread")]
async fn unread_responses_are_bounded() {
    let attack = Attack {
        opening: [wire::opening(), wire::setting(INITIAL_WINDOW_SIZE, 0)].concat(),
        piece: |number| {
            let stream = 2 * number + 1;
            let headers = wire::request_headers("ListUsers");
            [
                frame(HEADERS, END_HEADERS, stream, &headers),
                frame(DATA, END_STREAM, stream, &[0; 5]),
            ]
            .concat()
        },
        count: 200,
    };
    let mut stage = AttackEnv::start().await;
    stage.fill(600).await;
    stage
        .endure("window 0", attack, Duration::from_secs(1))
        .await;
}
