//! Floods and bombs in the protocols of Kitex. Frames that are malformed at random are in the suite
//! `kitex`, and connections that hold much in `hoards`.

use std::time::Duration;

use crate::attack_env::AttackEnv;
use crate::attacker::Attack;

/// A frame of TTHeader after its length: magic number, flags, sequence number.
const TTHEADER: &[u8] = b"\x10\0\0\0\0\0\0\x01";
/// A message of Thrift in a frame: a call of a method that does not exist.
const FRAMED: &[u8] = b"\0\0\0\x11\x80\x01\0\x01\0\0\0\x04Ping\0\0\0\x01\0";
/// The same over TTHeader, multiplexed.
const MULTIPLEXED: &[u8] = b"\0\0\0\x23\x10\0\0\x01\0\0\0\x01\0\x01\0\0\0\0\
    \0\0\0\x11\x80\x01\0\x01\0\0\0\x04Ping\0\0\0\x01\0";
/// More infos than a frame may have, each of them empty.
const MANY: u16 = 3_000;
const HOLD: Duration = Duration::from_secs(1);

/// The beginning of a frame of `length` bytes whose infos have these bytes.
fn header(length: u32, infos: &[u8]) -> Vec<u8> {
    let words = u16::try_from(infos.len() / 4).unwrap();
    [&length.to_be_bytes(), TTHEADER, &words.to_be_bytes(), infos].concat()
}

/// `opening`, and then zeros.
fn zeros_after(opening: Vec<u8>) -> Attack {
    Attack {
        opening,
        piece: |_| vec![0; 1024],
        count: 10_000,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_a_gigabyte_is_not_read() {
    let attack = zeros_after(b"\x3f\xff\xff\xff\x80\x01\0\x01".to_vec());
    let mut env = AttackEnv::start().await;
    env.stops("Kitex frame of 1 GiB", attack).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn infos_of_a_quarter_of_a_megabyte_are_not_read() {
    let mut opening = header(512 * 1024, &[]);
    opening[12..].fill(0xff);
    let mut env = AttackEnv::start().await;
    env.stops("TTHeader of 65,535 words", zeros_after(opening))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_infos_are_refused() {
    let [high, low] = MANY.to_be_bytes();
    // Protocol, no transforms, strings; the padding is part of the infos.
    let mut infos = vec![0, 0, 1, high, low];
    infos.resize(8 + 4 * usize::from(MANY), 0);
    let opening = header(16 * 1024, &infos);
    let mut env = AttackEnv::start().await;
    env.stops("TTHeader with 3,000 infos", zeros_after(opening))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_of_calls_leave_room_for_others() {
    let mut env = AttackEnv::start().await;
    for (name, piece) in [
        ("multiplexed Kitex calls", MULTIPLEXED),
        ("pipelined Kitex calls", FRAMED),
    ] {
        let attack = Attack {
            opening: piece.to_vec(),
            piece: match piece == FRAMED {
                true => |_| FRAMED.to_vec(),
                false => |_| MULTIPLEXED.to_vec(),
            },
            count: 100_000,
        };
        env.endure(name, attack, HOLD).await;
    }
}
