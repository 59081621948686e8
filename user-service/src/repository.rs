//! Where users are kept: PostgreSQL or SQLite behind the domain's port, and
//! the decorator that puts a cache in front of either.

mod attempts;
mod batch;
mod cached;
mod coalesced;
mod error;
mod lease;
mod lists;
mod migrations;
mod open;
mod postgres;
mod row;
mod single_flight;
mod sql;
mod sqlite;
mod trust;
mod users;

pub use cached::CachedRepository;
pub use coalesced::CoalescedRepository;
pub use open::{Config, OpenError, migrate, open};
