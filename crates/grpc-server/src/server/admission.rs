//! Connection limits: in all, and from one address. At a limit the connection that has
//! been idle for longest gives way to a new one.

mod admitted_connection;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::admitted_connection::AdmittedConnection;
use self::admitted_connection::first_to_evict;
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
    by_address: HashMap<IpAddr, AddressState>,
    /// When to look for an idle connection again.
    rest_until: Option<Instant>,
}

/// The connections of one address.
#[derive(Debug, Default)]
struct AddressState {
    calls: SharedCount,
    bytes: SharedCount,
    connections: Vec<Arc<AdmittedConnection>>,
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

    /// A slot for a connection from `address`, unless none is free and no connection can be evicted.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionSlot> {
        let address = address_block(address);
        let mut open = self.lock();
        let of_address = open.by_address.get(&address);
        let of_address = of_address.map_or(0, |it| it.connections.len());
        let has_room = if of_address >= self.per_address {
            open.evict_from(address, self.eviction)
        } else if open.total >= self.total {
            open.evict(self.eviction)
        } else {
            true
        };
        has_room.then(|| ConnectionSlot {
            admitted: open.add(address, self),
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
    fn add(&mut self, address: IpAddr, limits: &Admission) -> Arc<AdmittedConnection> {
        let of_address = self.by_address.entry(address).or_default();
        let bytes = ByteBudget {
            of_address: of_address.bytes.clone(),
            in_total: self.bytes.clone(),
            per_address: limits.bytes_per_address,
            total: limits.bytes_in_total,
        };
        let calls = OpenCalls::new(of_address.calls.clone(), self.calls.clone(), bytes);
        let admitted = Arc::new(AdmittedConnection::new(calls));
        of_address.connections.push(Arc::clone(&admitted));
        self.total += 1;
        admitted
    }

    /// Makes room among the connections of `address`; false if none may be evicted.
    fn evict_from(&mut self, address: IpAddr, eviction: Eviction) -> bool {
        let first = self.by_address.get(&address);
        let first = first.and_then(|it| first_to_evict(&it.connections, eviction));
        let first = first.map(Arc::clone);
        let evicted = first.inspect(|admitted| self.evict_one(address, admitted));
        evicted.is_some()
    }

    /// Makes room among all connections; false if none may be evicted.
    fn evict(&mut self, eviction: Eviction) -> bool {
        let now = Instant::now();
        if self.rest_until.is_some_and(|until| now < until) {
            return false;
        }
        let of_each = self.by_address.iter().filter_map(|(address, it)| {
            first_to_evict(&it.connections, eviction).map(|admitted| (*address, admitted))
        });
        let first = of_each.max_by_key(|(_, admitted)| admitted.claim(eviction));
        let Some((address, admitted)) =
            first.map(|(address, admitted)| (address, Arc::clone(admitted)))
        else {
            self.rest_until = Some(now + REST);
            return false;
        };
        self.evict_one(address, &admitted);
        true
    }

    fn evict_one(&mut self, address: IpAddr, admitted: &Arc<AdmittedConnection>) {
        admitted.evict();
        self.remove(address, admitted);
    }

    /// Releases a slot, unless it was released when its connection was evicted.
    fn remove(&mut self, address: IpAddr, admitted: &Arc<AdmittedConnection>) {
        let Some(AddressState { connections, .. }) = self.by_address.get_mut(&address) else {
            return;
        };
        let Some(index) = connections.iter().position(|it| Arc::ptr_eq(it, admitted)) else {
            return;
        };
        connections.swap_remove(index);
        if connections.is_empty() {
            self.by_address.remove(&address);
        }
        self.total -= 1;
    }
}

/// The slot of an open connection: released when this is dropped, or when it is evicted.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    admission: Arc<Admission>,
    address: IpAddr,
    admitted: Arc<AdmittedConnection>,
}

impl ConnectionSlot {
    /// What is known of the connection here.
    pub(super) fn admitted(&self) -> Arc<AdmittedConnection> {
        Arc::clone(&self.admitted)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.admission.lock().remove(self.address, &self.admitted);
    }
}

#[cfg(test)]
mod tests;
