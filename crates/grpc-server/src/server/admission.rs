//! Connection limits: in all, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::call::address_block;

/// Counts the connections of a listener.
#[derive(Debug)]
pub(super) struct Admission {
    in_total: usize,
    per_address: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    /// Takes `in_total` connections, of them `per_address` from one address.
    pub(super) fn new(in_total: usize, per_address: usize) -> Self {
        Self {
            in_total,
            per_address,
            open: Mutex::default(),
        }
    }

    /// A place for a connection from `address`, unless there is none.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = address_block(address);
        let mut open = self.lock();
        if open.total >= self.in_total {
            return None;
        }
        let of_address = open.by_address.entry(address).or_default();
        if *of_address >= self.per_address {
            return None;
        }
        *of_address += 1;
        open.total += 1;
        Some(Place {
            admission: Arc::clone(self),
            address,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // The counts are whole at every point where a panic could happen.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that a connection has until this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        open.total -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_has_its_share_and_gets_it_back() {
        let admission = Arc::new(Admission::new(10, 2));
        let first = admission.admit(address("10.0.0.1")).unwrap();
        let _second = admission.admit(address("::ffff:10.0.0.1")).unwrap();
        assert!(admission.admit(address("10.0.0.1")).is_none());
        let _other = admission.admit(address("10.0.0.2")).unwrap();

        drop(first);
        assert!(admission.admit(address("10.0.0.1")).is_some());
    }

    #[test]
    fn there_is_a_limit_for_all_together() {
        let admission = Arc::new(Admission::new(2, 2));
        let first = admission.admit(address("10.0.0.1")).unwrap();
        let _second = admission.admit(address("10.0.0.2")).unwrap();
        assert!(admission.admit(address("10.0.0.3")).is_none());

        drop(first);
        assert!(admission.admit(address("10.0.0.3")).is_some());
        assert_eq!(admission.lock().by_address.len(), 1);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_block() {
        let admission = Arc::new(Admission::new(10, 1));
        let _place = admission.admit(address("2001:db8::1")).unwrap();
        assert!(admission.admit(address("2001:db8::2")).is_none());
        assert!(admission.admit(address("2001:db8:0:1::1")).is_some());
    }
}
