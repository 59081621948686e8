//! Headers that never end, and headers that are larger than they look.

use testkit::wire::{self, CONTINUATION, END_HEADERS, END_STREAM, HEADERS, frame};

use crate::attack_env::AttackEnv;
use crate::attacker::Attack;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_continuations_is_stopped() {
    let begun = frame(HEADERS, 0, 1, &wire::request_headers("GetUser"));
    let attack = Attack {
        opening: [wire::opening(), begun].concat(),
        piece: |number| {
            let name = format!("x-{number}");
            frame(CONTINUATION, 0, 1, &wire::header(&name, &"v".repeat(100)))
        },
        count: 100_000,
    };
    AttackEnv::start()
        .await
        .stops("CONTINUATION flood", attack)
        .await;
}

/// One header of 120 bytes is put into the table of HPACK, and a frame of 16 KiB
/// names it 16,000 times with a byte each: 2 MB of headers, on each stream.
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_hpack_is_bounded() {
    /// The first place of the dynamic table, as a whole header.
    const INDEXED: u8 = 0x80 | 62;
    let stored = [
        vec![0x40],
        wire::header("x-bomb", &"v".repeat(120))[1..].to_vec(),
    ]
    .concat();
    let first = [wire::request_headers("GetUser"), stored].concat();
    let attack = Attack {
        opening: [
            wire::opening(),
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &first),
        ]
        .concat(),
        piece: |number| {
            let bomb = [wire::request_headers("GetUser"), vec![INDEXED; 16_000]].concat();
            frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 3, &bomb)
        },
        count: 2_000,
    };
    AttackEnv::start().await.stops("HPACK bomb", attack).await;
}
