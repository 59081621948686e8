//! A traced client on tonic alone, for the server of this folder:
//! `client <URL of the server> [service]`.

use std::error::Error;

use grpc_telemetry::LogTarget;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Dropped at the end, also by the `?` of a call that fails: then it sends its spans.
    let telemetry = grpc_telemetry::builder("example-client", env!("CARGO_PKG_VERSION"))
        .from_env()
        .with_log_target(LogTarget::Stderr)
        .install()?;
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which server?")?;
    let service = arguments.next().unwrap_or_default();

    let endpoint = Endpoint::from_shared(url)?;
    let channel = telemetry.client(endpoint.uri(), endpoint.connect_lazy());
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest { service })
        .await?;
    println!("{}", answer.into_inner().status().as_str_name());
    Ok(())
}
