//! A traced server on tonic alone. It serves health, so that this crate needs no proto of its
//! own; TRACE_HEALTH brings the spans of that, which are noise in a real service.
//!
//! ```text
//! TRACE_HEALTH=true cargo run -p grpc-telemetry --example server
//! TRACE_HEALTH=true cargo run -p grpc-telemetry --example client -- http://127.0.0.1:50051
//! ```

use std::error::Error;

use grpc_telemetry::LogTarget;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = grpc_telemetry::builder("example-server", env!("CARGO_PKG_VERSION"))
        .from_env()
        .with_log_target(LogTarget::Stderr)
        .install()?;
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:50051")).await?;
    println!("{}", listener.local_addr()?);
    let (_reporter, health) = tonic_health::server::health_reporter();
    let interrupted = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    Server::builder()
        .layer(telemetry.server(&[tonic_health::pb::FILE_DESCRIPTOR_SET])?)
        .add_service(health)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), interrupted)
        .await?;
    telemetry.shutdown().await;
    Ok(())
}
