//! What the guard of a connection knows of its peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// What is read in one turn, in DATA frames. Then the tasks that take them off HTTP/2 have
/// theirs, as h2 bounds what small ones may cost until they are taken.
pub(super) const TURN: usize = 1000;
/// This number of bytes in a DATA frame counts as one more frame: h2 holds them until they are taken, which
/// is 256 KiB of a connection.
pub(super) const DATA_UNIT: usize = 256;
/// What a call that is given up in the turn that opened it counts, in DATA frames: h2
/// holds all of it until the call is accepted.
pub(super) const UNSEEN_RESET: usize = 10;

/// What is known of the peer, also when the stream is in other hands. Clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Activity(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    open: AtomicBool,
    reads: AtomicUsize,
    /// Turns of the connection that are over.
    turns: AtomicUsize,
    /// What was read in this one, in DATA frames.
    read_in_turn: AtomicUsize,
}

impl Activity {
    /// Whether the peer has shown that it speaks HTTP/2, by answering our settings.
    pub(in crate::server) fn is_open(&self) -> bool {
        self.0.open.load(Relaxed)
    }

    /// How often something came from the peer, to be compared with an earlier time.
    pub(in crate::server) fn reads(&self) -> usize {
        self.0.reads.load(Relaxed)
    }

    /// Ends a turn of the connection: others have theirs, and then it reads on.
    pub(in crate::server) fn end_turn(&self) {
        self.0.read_in_turn.store(0, Relaxed);
        self.0.turns.fetch_add(1, Relaxed);
    }

    pub(super) fn turns(&self) -> usize {
        self.0.turns.load(Relaxed)
    }

    pub(super) fn has_had_its_turn(&self) -> bool {
        self.0.read_in_turn.load(Relaxed) >= TURN
    }

    /// Counts this number of DATA frames, or the equivalent of them.
    pub(super) fn add_to_turn(&self, data_frames: usize) {
        self.0.read_in_turn.fetch_add(data_frames, Relaxed);
    }

    pub(super) fn set_open(&self) {
        self.0.open.store(true, Relaxed);
    }

    pub(super) fn add_read(&self) {
        self.0.reads.fetch_add(1, Relaxed);
    }
}
