//! user-service: a traced gRPC service for users.
//!
//! A request passes these rooms in this order and comes back the same way:
//! [`server`] (connections), [`transport`] (tower layers), [`grpc`] (convert
//! in, call, convert out), [`domain`] (rules), [`repository`] and [`cache`]
//! (stores). [`app`] puts them together and alone knows them all.

pub mod app;
pub mod cache;
pub mod config;
pub mod domain;
pub mod grpc;
pub mod http;
mod metrics;
pub mod readiness;
pub mod repository;
pub mod server;
pub mod signals;
pub mod status;
pub mod transport;
