//! What the guard of a connection knows of its peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// DATA frames that are read in one turn. Then the tasks that take them off HTTP/2 have
/// theirs, as h2 bounds what small ones may cost until they are taken.
pub(super) const MAX_DATA_FRAMES_A_TURN: usize = 1000;

/// What is known of the peer, also when the stream is in other hands. Clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Activity(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    open: AtomicBool,
    reads: AtomicUsize,
    /// DATA frames that were read in this turn of the connection.
    data_frames: AtomicUsize,
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
        self.0.data_frames.store(0, Relaxed);
    }

    pub(super) fn has_had_its_turn(&self) -> bool {
        self.0.data_frames.load(Relaxed) >= MAX_DATA_FRAMES_A_TURN
    }

    pub(super) fn add_data_frame(&self) {
        self.0.data_frames.fetch_add(1, Relaxed);
    }

    pub(super) fn set_open(&self) {
        self.0.open.store(true, Relaxed);
    }

    pub(super) fn add_read(&self) {
        self.0.reads.fetch_add(1, Relaxed);
    }
}
