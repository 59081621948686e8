//! How a run ended, and the exit code that says so.

use tonic::Code;

/// The end of a run, from the best to the worst: where several things were
/// done, the worst of them counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// All went well.
    Ok,
    /// Something asked for isn't there.
    NotFound,
    /// Something to be made is there already.
    AlreadyExists,
    /// The service refuses what was given.
    InvalidArgument,
    /// Some rows of an import were rejected.
    Rejected,
    /// No response within `--timeout`.
    DeadlineExceeded,
    /// The service can't be reached, or can't serve the call now.
    Unavailable,
    /// Anything else.
    Failed,
    /// A file of the user's is not understood.
    Usage,
    /// The user stopped it.
    Interrupted,
}

impl Outcome {
    /// The exit code; that of wrong usage is clap's as well.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::InvalidArgument => 4,
            Self::AlreadyExists => 5,
            Self::Unavailable => 6,
            Self::DeadlineExceeded => 7,
            Self::Rejected => 8,
            // What a shell says of a program that SIGINT stopped.
            Self::Interrupted => 130,
        }
    }
}

impl From<Code> for Outcome {
    fn from(code: Code) -> Self {
        match code {
            Code::Ok => Self::Ok,
            Code::NotFound => Self::NotFound,
            Code::AlreadyExists => Self::AlreadyExists,
            Code::InvalidArgument => Self::InvalidArgument,
            Code::DeadlineExceeded => Self::DeadlineExceeded,
            Code::Unavailable => Self::Unavailable,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let table = [
            (Code::Ok, 0),
            (Code::Internal, 1),
            (Code::ResourceExhausted, 1),
            (Code::NotFound, 3),
            (Code::InvalidArgument, 4),
            (Code::AlreadyExists, 5),
            (Code::Unavailable, 6),
            (Code::DeadlineExceeded, 7),
        ];
        for (code, expected) in table {
            assert_eq!(Outcome::from(code).exit_code(), expected, "{code:?}");
        }
    }

    #[test]
    fn the_worst_is_the_greatest() {
        assert_eq!(Outcome::Ok.max(Outcome::NotFound), Outcome::NotFound);
        assert_eq!(
            Outcome::Unavailable.max(Outcome::NotFound),
            Outcome::Unavailable
        );
        assert_eq!(Outcome::Failed.max(Outcome::Unavailable), Outcome::Failed);
    }
}
