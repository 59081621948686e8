//! What is known of a call after it failed, and whether to say so.

/// What a failure leaves behind: whether the call may have been carried out, and
/// whether a repeat may succeed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retryability {
    /// Nothing was done, and a repeat would fail too.
    Final,
    /// Nothing was done, and a repeat may succeed.
    Transient,
    /// The call may have been carried out all the same; a repeat would fail too.
    Uncertain,
    /// The call may have been carried out all the same, and a repeat may succeed.
    UncertainTransient,
    /// The reader of standard output has gone away: no stream is left to report to.
    OutputClosed,
}

impl Retryability {
    /// The retryability of a call that may have been carried out (`uncertain`), or that may
    /// succeed a little later (`transient`).
    pub fn of_call(uncertain: bool, transient: bool) -> Self {
        match (uncertain, transient) {
            (false, false) => Self::Final,
            (false, true) => Self::Transient,
            (true, false) => Self::Uncertain,
            (true, true) => Self::UncertainTransient,
        }
    }

    /// Whether the call may have been carried out all the same.
    pub fn is_uncertain(self) -> bool {
        matches!(self, Self::Uncertain | Self::UncertainTransient)
    }

    /// Whether a repeat may succeed.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Transient | Self::UncertainTransient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_one_aftermath() {
        for (uncertain, transient) in [(false, false), (false, true), (true, false), (true, true)] {
            let retryability = Retryability::of_call(uncertain, transient);
            assert_eq!(retryability.is_uncertain(), uncertain, "{retryability:?}");
            assert_eq!(retryability.is_transient(), transient, "{retryability:?}");
        }
        assert!(!Retryability::OutputClosed.is_uncertain());
        assert!(!Retryability::OutputClosed.is_transient());
    }
}
