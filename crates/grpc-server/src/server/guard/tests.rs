#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::unconstrained;
use tokio::time::Instant;

use super::activity::TURN;
use super::*;
use crate::server::byte_budget::ByteBudget;
use crate::server::frames::END_HEADERS;

/// A message of nothing, in a frame.
const DATA_BYTES: usize = 14;
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PING_FRAME: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn guarded() -> (DuplexStream, FloodGuard<DuplexStream>) {
    let (peer, ours) = duplex(64 * 1024);
    let held = HeldBytes::none_of(ByteBudget::default());
    (peer, FloodGuard::new(ours, FRAME_TIMEOUT, held))
}

fn frame(kind: u8, flags: u8) -> [u8; 9] {
    [0, 0, 0, kind, flags, 0, 0, 0, 0]
}

async fn opened() -> (DuplexStream, FloodGuard<DuplexStream>) {
    let (mut peer, mut guarded) = guarded();
    let opening = [PREFACE, &frame(SETTINGS, 0), &frame(SETTINGS, ACK)].concat();
    peer.write_all(&opening).await.unwrap();
    guarded
        .read_exact(&mut vec![0; opening.len()])
        .await
        .unwrap();
    (peer, guarded)
}

/// Reads until the guard ends the connection.
async fn end_of(guarded: &mut FloodGuard<DuplexStream>) -> io::Error {
    let mut buffer = [0; 1024];
    loop {
        match guarded.read(&mut buffer).await {
            Ok(0) => panic!("the peer left"),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_open_the_connection_is_let_go() {
    let settings = [PREFACE, &frame(SETTINGS, 0)].concat();
    for sent in [&[][..], &PREFACE[..10], PREFACE, &settings] {
        let (mut peer, mut guarded) = guarded();
        let started = Instant::now();
        peer.write_all(sent).await.unwrap();

        let error = end_of(&mut guarded).await;

        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), FRAME_TIMEOUT.as_secs());
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_are_not_completed_in_time_end_the_connection() {
    let (mut peer, mut guarded) = opened().await;
    let started = Instant::now();
    let dribble = async {
        let _ = peer.write_all(&frame(HEADERS, 0)).await;
        loop {
            tokio::time::sleep(FRAME_TIMEOUT / 4).await;
            let _ = peer.write_all(&frame(CONTINUATION, 0)).await;
        }
    };
    let error = tokio::select! {
        error = end_of(&mut guarded) => error,
        () = dribble => panic!("it never ends"),
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(started.elapsed(), FRAME_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn headers_that_are_completed_in_time_leave_the_connection_open() {
    let (mut peer, mut guarded) = opened().await;
    peer.write_all(&frame(HEADERS, 0)).await.unwrap();
    guarded.read_exact(&mut [0; 9]).await.unwrap();
    peer.write_all(&frame(CONTINUATION, END_HEADERS))
        .await
        .unwrap();
    guarded.read_exact(&mut [0; 9]).await.unwrap();
    let waiting = tokio::time::timeout(10 * FRAME_TIMEOUT, guarded.read_u8());
    assert!(waiting.await.is_err());
}

#[tokio::test]
async fn unfinished_headers_beyond_the_budget_end_the_connection() {
    let (mut peer, ours) = duplex(64 * 1024);
    let held = HeldBytes::none_of(ByteBudget::of_bytes(1024));
    let mut guarded = FloodGuard::new(ours, FRAME_TIMEOUT, held);
    peer.write_all(&[PREFACE, &frame(HEADERS, 0)].concat())
        .await
        .unwrap();
    end_of(&mut guarded).await;
    let mut said = [0; 44];
    peer.read_exact(&mut said).await.unwrap();
    assert_eq!(&said[17..], HEADER_BLOCKS);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_dribbles_a_frame_is_let_go() {
    let (mut peer, mut guarded) = opened().await;
    let started = Instant::now();
    let dribble = async {
        for byte in PING_FRAME {
            let _ = peer.write_all(&[byte]).await;
            tokio::time::sleep(FRAME_TIMEOUT / 4).await;
        }
    };

    let (error, ()) = tokio::join!(end_of(&mut guarded), dribble);

    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(started.elapsed() >= FRAME_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_peer_that_opened_its_connection_may_stay() {
    let (mut peer, mut guarded) = opened().await;
    tokio::time::timeout(10 * FRAME_TIMEOUT, guarded.read_u8())
        .await
        .unwrap_err();
    peer.write_all(&PING_FRAME).await.unwrap();
    guarded.read_exact(&mut [0; 17]).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_frames_without_a_call_ends_in_goaway() {
    let (mut peer, mut guarded) = opened().await;
    let flood = async {
        for _ in 0..=MAX_SMALL_FRAMES {
            peer.write_all(&PING_FRAME).await.unwrap();
        }
    };

    let (error, ()) = tokio::join!(end_of(&mut guarded), flood);
    drop(guarded);

    assert!(error.to_string().contains("too many frames"), "{error}");
    let mut received = Vec::new();
    peer.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, calm(PINGS));
}

#[tokio::test]
async fn tiny_data_frames_are_a_flood_but_whole_messages_are_not() {
    let (mut peer, mut guarded) = opened().await;
    let message = [&[0, 0, 5, DATA, 0, 0, 0, 0, 1][..], &[0; 5]].concat();
    let crumb = [0, 0, 1, DATA, 0, 0, 0, 0, 1, 0];
    let flood = async {
        for _ in 0..2 * MAX_SMALL_FRAMES {
            peer.write_all(&message).await.unwrap();
        }
        for _ in 0..=MAX_SMALL_FRAMES {
            peer.write_all(&crumb).await.unwrap();
        }
    };

    let activity = guarded.activity();
    let (error, ()) = tokio::join!(
        async {
            loop {
                activity.end_turn();
                match guarded.read(&mut [0; 1024]).await {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            }
        },
        flood
    );
    drop(guarded);

    assert!(error.to_string().contains("too many frames"), "{error}");
    let mut received = Vec::new();
    peer.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, calm(CRUMBS));
}

#[tokio::test]
async fn unsolicited_ping_acks_close_the_connection_even_between_calls() {
    let (mut peer, mut guarded) = opened().await;
    let [mut ack, headers] = [PING_FRAME.to_vec(), frame(HEADERS, 0).to_vec()];
    ack[4] = ACK;
    let flood = async {
        for _ in 0..=MAX_UNASKED_ACKS {
            peer.write_all(&[&ack[..], &headers].concat())
                .await
                .unwrap();
        }
    };

    let (error, ()) = tokio::join!(end_of(&mut guarded), flood);

    assert!(error.to_string().contains("too many frames"), "{error}");
}

#[tokio::test]
async fn acknowledgements_of_our_pings_are_welcome() {
    let (mut peer, mut guarded) = opened().await;
    let mut ack = PING_FRAME;
    ack[4] = ACK;
    for _ in 0..2 * MAX_SMALL_FRAMES {
        guarded.write_all(&PING_FRAME).await.unwrap();
        peer.read_exact(&mut [0; 17]).await.unwrap();
        peer.write_all(&ack).await.unwrap();
        guarded.read_exact(&mut [0; 17]).await.unwrap();
    }
}

#[tokio::test]
async fn pings_between_calls_are_no_flood() {
    let (mut peer, mut guarded) = opened().await;
    for _ in 0..3 {
        for _ in 0..MAX_SMALL_FRAMES / 2 {
            peer.write_all(&PING_FRAME).await.unwrap();
            guarded.read_exact(&mut [0; 17]).await.unwrap();
        }
        guarded.write_all(&frame(DATA, 0)).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_the_peer_to_leave_but_not_for_long() {
    let (mut peer, mut guarded) = opened().await;
    peer.write_all(&PING_FRAME).await.unwrap();
    drop(peer);
    let started = Instant::now();
    guarded.shutdown().await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO);

    let (_peer, mut guarded) = opened().await;
    let started = Instant::now();
    guarded.shutdown().await.unwrap();
    assert_eq!(started.elapsed(), CLOSE_LINGER);
}

#[tokio::test]
async fn a_turn_ends_after_a_thousand_data_frames_and_the_rest_is_read_in_the_next() {
    let (mut peer, mut guarded) = opened().await;
    let activity = guarded.activity();
    let frames = 3 * TURN;
    let data = [&[0, 0, 5, DATA, 0, 0, 0, 0, 1][..], &[0; 5]].concat();
    peer.write_all(&data.repeat(frames)).await.unwrap();
    for _ in 0..3 {
        activity.end_turn();
        let read = turn(&mut guarded).await;
        assert_eq!(read, DATA_BYTES * TURN);
    }
}

#[tokio::test]
async fn a_turn_ends_after_256_kib_of_large_data_frames() {
    const LARGE: usize = 16 * 1024;
    let (mut peer, ours) = duplex(1024 * 1024);
    let held = HeldBytes::none_of(ByteBudget::default());
    let mut guarded = FloodGuard::new(ours, FRAME_TIMEOUT, held);
    let data = [&[0, 0x40, 0, DATA, 0, 0, 0, 0, 1][..], &[0; LARGE]].concat();
    peer.write_all(&[PREFACE, &data.repeat(40)].concat())
        .await
        .unwrap();
    let read = turn(&mut guarded).await;
    assert!((14 * LARGE..17 * LARGE).contains(&read), "{read}");
}

/// Reads until there is nothing for now, and returns how many bytes came.
async fn turn(guarded: &mut FloodGuard<DuplexStream>) -> usize {
    // As many frames as are left of the turn, and no more.
    let mut buffer = [0; DATA_BYTES * 100];
    let mut read = 0;
    // tokio would end a long turn itself.
    unconstrained(std::future::poll_fn(|task| {
        loop {
            let mut piece = ReadBuf::new(&mut buffer);
            match Pin::new(&mut *guarded).poll_read(task, &mut piece) {
                Poll::Ready(result) => result.unwrap(),
                Poll::Pending => return Poll::Ready(()),
            }
            read += piece.filled().len();
        }
    }))
    .await;
    read
}
