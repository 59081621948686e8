//! Connection limits: in all, and from one address. At a limit the connection that has
//! been idle for longest gives way to a new one.

mod seat;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::seat::Seat;
use super::ConnectionLimits;
use super::byte_budget::ByteBudget;
use super::limits::Eviction;
use super::open_calls::OpenCalls;
use super::shared_count::SharedCount;
use crate::call::address_block;

/// How long to wait after looking for an idle connection among all of them in vain.
const REST: Duration = Duration::from_millis(100);

/// Counts the connections of a listener.
#[derive(Debug)]
pub(super) struct Admission {
    total: usize,
    per_address: usize,
    eviction: Eviction,
    bytes_per_address: usize,
    bytes_in_total: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    calls: SharedCount,
    bytes: SharedCount,
    by_address: HashMap<IpAddr, OfAddress>,
    /// When to look for an idle connection again.
    rest_until: Option<Instant>,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct OfAddress {
    calls: SharedCount,
    bytes: SharedCount,
    seats: Vec<Arc<Seat>>,
}

impl Admission {
    /// Admits connections within `limits`.
    pub(super) fn new(limits: &ConnectionLimits) -> Self {
        Self {
            total: limits.total,
            per_address: limits.per_address,
            eviction: limits.eviction,
            bytes_per_address: limits.bytes_per_address,
            bytes_in_total: limits.bytes_in_total,
            open: Mutex::default(),
        }
    }

    /// A place for a connection from `address`, unless there is none and none can be made.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address_block(address);
        let mut open = self.lock();
        let of_address = open.by_address.get(&address);
        let of_address = of_address.map_or(0, |it| it.seats.len());
        let has_room = if of_address >= self.per_address {
            open.evict_from(address, self.eviction)
        } else if open.total >= self.total {
            open.evict(self.eviction)
        } else {
            true
        };
        has_room.then(|| Place {
            seat: open.add(address, self),
            admission: Arc::clone(self),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // The counts are whole at every point where a panic could happen.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, address: IpAddr, limits: &Admission) -> Arc<Seat> {
        let of_address = self.by_address.entry(address).or_default();
        let bytes = ByteBudget {
            of_address: of_address.bytes.clone(),
            in_total: self.bytes.clone(),
            per_address: limits.bytes_per_address,
            total: limits.bytes_in_total,
        };
        let calls = OpenCalls::new(of_address.calls.clone(), self.calls.clone(), bytes);
        let seat = Arc::new(Seat::new(calls));
        of_address.seats.push(Arc::clone(&seat));
        self.total += 1;
        seat
    }

    /// Makes room among the connections of `address`; false if none may be evicted.
    fn evict_from(&mut self, address: IpAddr, eviction: Eviction) -> bool {
        let first = self.by_address.get(&address);
        let first = first.and_then(|it| seat::first_to_go(&it.seats, eviction));
        let first = first.map(Arc::clone);
        let evicted = first.inspect(|seat| self.evict_seat(address, seat));
        evicted.is_some()
    }

    /// Makes room among all connections; false if none may be evicted.
    fn evict(&mut self, eviction: Eviction) -> bool {
        let now = Instant::now();
        if self.rest_until.is_some_and(|until| now < until) {
            return false;
        }
        let of_each = self.by_address.iter().filter_map(|(address, it)| {
            seat::first_to_go(&it.seats, eviction).map(|seat| (*address, seat))
        });
        let first = of_each.max_by_key(|(_, seat)| seat.claim(eviction));
        let Some((address, seat)) = first.map(|(address, seat)| (address, Arc::clone(seat))) else {
            self.rest_until = Some(now + REST);
            return false;
        };
        self.evict_seat(address, &seat);
        true
    }

    fn evict_seat(&mut self, address: IpAddr, seat: &Arc<Seat>) {
        seat.evict();
        self.remove(address, seat);
    }

    /// Gives a place back, unless that was done when its connection was evicted.
    fn remove(&mut self, address: IpAddr, seat: &Arc<Seat>) {
        let Some(OfAddress { seats, .. }) = self.by_address.get_mut(&address) else {
            return;
        };
        let Some(index) = seats.iter().position(|it| Arc::ptr_eq(it, seat)) else {
            return;
        };
        seats.swap_remove(index);
        if seats.is_empty() {
            self.by_address.remove(&address);
        }
        self.total -= 1;
    }
}

/// A place that a connection has until this is dropped, or until it is evicted.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    address: IpAddr,
    seat: Arc<Seat>,
}

impl Place {
    /// What is known of the connection here.
    pub(super) fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.lock().remove(self.address, &self.seat);
    }
}

#[cfg(test)]
mod tests;
