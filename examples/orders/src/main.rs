//! `orders`: serves three orders, which are shipped and delivered while it runs. `ORDERS_PAUSE_MS`
//! is the time between two states in milliseconds, default 1000; grpc-server reads all other settings.

use std::error::Error;
use std::time::Duration;

use grpc_server::Settings;
use grpc_telemetry::LogTarget;
use orders::store::Store;
use orders::{service, v1};
use tokio_util::task::AbortOnDropHandle;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pause = std::env::var("ORDERS_PAUSE_MS").map_or(Ok(1000), |text| text.parse())?;
    let store = Store::new(&["tea", "coffee", "sugar"]);
    let delivery = store.clone().deliver(Duration::from_millis(pause));
    let _delivery = AbortOnDropHandle::new(tokio::spawn(delivery));

    let telemetry = grpc_telemetry::install("orders", VERSION, LogTarget::Stdout)?;
    let server = grpc_server::builder(&telemetry, &[v1::FILE_DESCRIPTOR_SET])?;
    let server = server.with_settings(Settings::from_env()?);
    let server = server.add_service(service::server(store)).bind().await?;
    server.serve().await?;
    Ok(())
}
