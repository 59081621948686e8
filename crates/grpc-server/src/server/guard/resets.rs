//! Calls that a peer gives up before this end has seen them: a rapid reset, unless the
//! calls waited here because this process stood still.

/// Maximum on a new connection.
const FIRST: u32 = 1000;
/// Upper bound of the maximum, which each call that was served raises by one.
const MOST: u32 = 10_000;

/// The unseen resets of one connection.
#[derive(Debug)]
pub(super) struct UnseenResets {
    /// The last call that was opened, by its stream, and the last one of earlier turns.
    opened: u32,
    seen: u32,
    turn: usize,
    /// Calls that were opened in this turn and not given up.
    opened_in_turn: u32,
    /// Resets that are still allowed.
    left: u32,
}

impl UnseenResets {
    pub(super) fn new() -> Self {
        Self {
            opened: 0,
            seen: 0,
            turn: 0,
            opened_in_turn: 0,
            left: FIRST,
        }
    }

    /// What was opened before this turn, as it is numbered, has been seen.
    pub(super) fn begin_turn(&mut self, turn: usize) {
        if turn == self.turn {
            return;
        }
        self.turn = turn;
        self.seen = self.opened;
        self.left = self.left.saturating_add(self.opened_in_turn).min(MOST);
        self.opened_in_turn = 0;
    }

    /// The peer has opened a call, or sent its trailers.
    pub(super) fn opened(&mut self, stream: u32) {
        if stream > self.opened {
            self.opened = stream;
            self.opened_in_turn += 1;
        }
    }

    /// Whether the call on `stream` was opened in this turn.
    pub(super) fn is_unseen(&self, stream: u32) -> bool {
        stream > self.seen && stream <= self.opened
    }

    /// Counts one; false if that is too many.
    pub(super) fn count(&mut self) -> bool {
        self.opened_in_turn = self.opened_in_turn.saturating_sub(1);
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls may be given up in one turn after as many as `seen` were not.
    fn allowed_after(seen: u32) -> u32 {
        let mut resets = UnseenResets::new();
        for call in 0..seen {
            resets.opened(2 * call + 1);
        }
        resets.begin_turn(1);
        let calls = seen..seen + 20_000;
        let counted = calls.take_while(|call| {
            resets.opened(2 * call + 1);
            resets.count()
        });
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    }

    #[test]
    fn calls_that_were_seen_allow_others_to_be_given_up_unseen() {
        assert_eq!(allowed_after(0), 1000);
        assert_eq!(allowed_after(500), 1500);
        assert_eq!(allowed_after(20_000), 10_000);
    }

    #[test]
    fn only_calls_of_the_same_turn_are_unseen() {
        let mut resets = UnseenResets::new();
        resets.begin_turn(1);
        resets.opened(1);
        resets.opened(3);
        assert!(resets.is_unseen(1) && resets.is_unseen(3));
        assert!(!resets.is_unseen(5), "it was never opened");
        resets.begin_turn(2);
        assert!(!resets.is_unseen(3));
    }
}
