//! Where users are kept: PostgreSQL or SQLite behind the domain's port, and
//! the decorator that puts a cache in front of either.

mod cached;
mod cause;
mod coalesced;
mod connection_guard;
mod error;
mod insert_outcome;
mod kept_connections;
mod migrations;
mod open;
mod params;
mod pool_health;
mod postgres;
mod retry;
mod row;
mod single_flight;
mod sql;
mod sql_repository;
mod sqlite;
mod startup;

pub use cached::CachedRepository;
pub use coalesced::CoalescedRepository;
pub use open::{Config, OpenError, migrate, open};
