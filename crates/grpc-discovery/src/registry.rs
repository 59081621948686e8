//! What a registry is: two traits. A third registry is one module that implements them.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::{Endpoints, Instance};

/// Why a request to a registry failed: the cause, for a log line.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Where one instance is registered. [`Registration`](crate::Registration) calls it.
#[async_trait]
pub trait Registry: fmt::Debug + Send {
    /// Its name in log lines and errors, such as `etcd`.
    fn name(&self) -> &'static str;

    /// Its servers; towards them this host finds out by which address others reach it.
    fn endpoints(&self) -> &Endpoints;

    /// The time between two calls of [`register`](Self::register) that keeps an instance registered.
    fn beat(&self) -> Duration;

    /// Registers `instance`, or keeps it registered; returns whether it was missing.
    ///
    /// # Errors
    /// When no server of the registry confirms it.
    async fn register(&mut self, instance: &Instance) -> Result<bool, BoxError>;

    /// Removes `instance`, so that callers no longer find it.
    ///
    /// # Errors
    /// When no server of the registry confirms it. The registration then expires by itself.
    async fn deregister(&mut self, instance: &Instance) -> Result<(), BoxError>;
}

/// Where the instances of one service are found.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The instances that can take calls, in any order.
    ///
    /// # Errors
    /// When they can't be found out; a caller keeps those that it found last.
    async fn instances(&self) -> Result<Vec<Instance>, BoxError>;

    /// Returns when the instances are to be resolved again, while all can be reached: after some
    /// time, or as soon as a registry reports that they have changed.
    async fn changed(&self);
}
