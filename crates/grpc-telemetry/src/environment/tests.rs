//! The variables, by group.

mod exporters;
mod general;
mod limits;
mod otlp;
mod table;
