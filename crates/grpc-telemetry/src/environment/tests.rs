//! The variables, by group.

mod exporters;
mod general;
mod limits;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
mod otlp;
mod table;
