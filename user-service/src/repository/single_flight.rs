//! Single flight: concurrent reads of one user share one lookup.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::domain::{RepositoryError, User, UserId};

type Found = Result<Option<User>, RepositoryError>;
type Flight = Arc<OnceCell<Found>>;

/// The lookups in flight (cache stampede protection). The first caller leads, the others share its
/// result, also an error; nothing is kept afterwards. When a leader is cancelled, a waiting caller
/// takes over with a lookup of its own. The result that a user is missing is not shared with later
/// callers: meanwhile another process may have created and acknowledged the user.
#[derive(Default)]
pub(super) struct SingleFlight {
    flights: Mutex<HashMap<UserId, Flight>>,
}

impl SingleFlight {
    /// The user `id` by `look_up`, or by the lookup that is under way.
    pub(super) async fn get(&self, id: UserId, look_up: impl Future<Output = Found>) -> Found {
        let mut look_up = Some(look_up);
        let found = self.fly(id, &mut look_up).await;
        let followed = look_up.is_some();
        match found {
            // The next flight begins after this caller came.
            Ok(None) if followed => self.fly(id, &mut look_up).await,
            found => found,
        }
    }

    /// Takes `look_up` if this caller leads.
    async fn fly(&self, id: UserId, look_up: &mut Option<impl Future<Output = Found>>) -> Found {
        let participant = self.join(id);
        let lead = async || match look_up.take() {
            Some(look_up) => look_up.await,
            None => Err(RepositoryError::Incomplete),
        };
        participant.flight.get_or_init(lead).await.clone()
    }

    /// From now on, callers for `id` do not share a lookup that began before.
    pub(super) fn forget(&self, id: UserId) {
        self.lock().remove(&id);
    }

    fn join(&self, id: UserId) -> Participant<'_> {
        let flight = Arc::clone(self.lock().entry(id).or_default());
        Participant {
            flights: self,
            id,
            flight,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Flight>> {
        // The map is whole at every point where a panic could happen.
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller's part in a flight.
struct Participant<'a> {
    flights: &'a SingleFlight,
    id: UserId,
    flight: Flight,
}

impl Drop for Participant<'_> {
    /// A flight leaves the map when it has arrived, or with its last passenger.
    fn drop(&mut self) {
        let mut flights = self.flights.lock();
        let Entry::Occupied(entry) = flights.entry(self.id) else {
            return;
        };
        if !Arc::ptr_eq(entry.get(), &self.flight) {
            return;
        }
        let last = Arc::strong_count(&self.flight) == 2;
        if self.flight.initialized() || last {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests;
