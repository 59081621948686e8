//! TLS on the gRPC port.

mod caller;
mod client;
mod handshakes;
mod health;
mod identities;
mod rotation;
mod settings;
mod tls_env;
