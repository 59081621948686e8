//! Whether a collector was ever reached: known to the exporters of all signals, so that a missing
//! one is reported once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The collectors of this process, by scheme and authority.
static CONTACTS: Mutex<BTreeMap<String, CollectorState>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum CollectorState {
    /// Not reached yet, which was reported.
    Missing,
    /// Reached before.
    Reached,
}

/// What is known of a collector that an export did not reach.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Absence {
    /// It was never reached, and that is not reported yet.
    New,
    /// It was never reached, and that is reported.
    Known,
    /// It was reached before.
    Lost,
}

/// Notes that the collector at `endpoint` was not reached.
pub(super) fn note_absence(endpoint: &str) -> Absence {
    let mut contacts = contacts();
    match contacts.get(collector(endpoint)) {
        Some(CollectorState::Reached) => Absence::Lost,
        Some(CollectorState::Missing) => Absence::Known,
        None => {
            contacts.insert(collector(endpoint).to_owned(), CollectorState::Missing);
            Absence::New
        }
    }
}

/// Notes that the collector at `endpoint` was reached; returns whether it was reported as missing.
pub(super) fn note_success(endpoint: &str) -> bool {
    let mut contacts = contacts();
    let before = match contacts.get_mut(collector(endpoint)) {
        Some(contact) => std::mem::replace(contact, CollectorState::Reached),
        None => {
            contacts.insert(collector(endpoint).to_owned(), CollectorState::Reached);
            CollectorState::Reached
        }
    };
    before == CollectorState::Missing
}

/// Whether a collector was reported as missing, and not reached since.
pub(crate) fn is_any_missing() -> bool {
    contacts().values().any(|it| *it == CollectorState::Missing)
}

/// An endpoint without its path, which differs for each signal over HTTP.
pub(super) fn collector(endpoint: &str) -> &str {
    let authority = endpoint.find("://").map_or(0, |at| at + "://".len());
    match endpoint[authority..].find('/') {
        Some(path) => &endpoint[..authority + path],
        None => endpoint,
    }
}

fn contacts() -> MutexGuard<'static, BTreeMap<String, CollectorState>> {
    // Each entry is valid on its own, so a panic elsewhere does not invalidate the map.
    CONTACTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_signals_share_what_is_known_of_a_collector() {
        let spans = "http://collector.test:4318/v1/traces";
        let metrics = "http://collector.test:4318/v1/metrics";
        assert_eq!(note_absence(spans), Absence::New);
        assert_eq!(note_absence(metrics), Absence::Known);
        assert!(is_any_missing());
        assert!(note_success(metrics));
        assert!(!note_success(spans));
        assert_eq!(note_absence(spans), Absence::Lost);
        assert_eq!(collector(spans), "http://collector.test:4318");
    }
}
