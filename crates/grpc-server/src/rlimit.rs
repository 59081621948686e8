//! The limit on file descriptors (RLIMIT_NOFILE), one of which each connection takes.

use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that callers never get: for the other ports (192), the database, Redis, the
/// collector, files.
const RESERVED: u64 = 256;

/// How many connections there can be, when `wanted` are. Takes as many
/// descriptors as the system lets the process have.
pub fn connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let connections = within(wanted, current);
    if connections < wanted {
        tracing::warn!(
            connections,
            "the system allows fewer files than MAX_CONNECTIONS needs: raise `ulimit -n`"
        );
    }
    connections
}

/// What helps against `error`, to follow it, if the process has too few file descriptors for
/// what failed; else nothing.
pub fn advice(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => "; raise `ulimit -n`",
        _ => "",
    }
}

fn within(wanted: usize, descriptors: Option<u64>) -> usize {
    let Some(descriptors) = descriptors else {
        return wanted;
    };
    // Half of very few: a server that takes no connection is none.
    let free = descriptors.saturating_sub(RESERVED).max(descriptors / 2);
    wanted.min(usize::try_from(free).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_descriptors_says_what_to_raise() {
        assert_eq!(advice(&Errno::MFILE.into()), "; raise `ulimit -n`");
        assert_eq!(advice(&Errno::ACCESS.into()), "");
    }

    #[test]
    fn some_descriptors_are_kept_for_the_service_itself() {
        assert_eq!(within(10_000, Some(1_000_000)), 10_000);
        assert_eq!(within(10_000, Some(1024)), 768);
        assert_eq!(within(10_000, Some(64)), 32);
        assert_eq!(within(10_000, None), 10_000);
    }
}
