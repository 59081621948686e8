//! A gRPC service over HTTP with JSON, as `google.api.http` in its descriptors says.
//! Knows nothing of users.
//!
//! In reading order: [`Routes`] are the rules of all methods; a [`Route`] makes the fields of
//! a request message from a path and a query.

#![cfg_attr(
    test,
    expect(
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod fields;
mod query;
mod routes;
#[cfg(test)]
mod testing;

pub use self::fields::InvalidField;
pub use self::routes::{Body, InvalidRule, Lookup, Route, Routes};
