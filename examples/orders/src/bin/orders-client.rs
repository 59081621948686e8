//! `orders-client URL ID` prints an order; `orders-client URL ID --watch` prints its changes too.

use std::error::Error;
use std::time::Duration;

use grpc_channel::{Channel, Idempotent, Target};
use grpc_telemetry::LogTarget;
use orders::v1::orders_client::OrdersClient;
use orders::v1::{GetOrderRequest, Order, WatchOrdersRequest};
use tonic::Request;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Deadline of each call; for a stream, until its last message.
const DEADLINE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let target: Target = arguments.next().ok_or("which URL?")?.parse()?;
    let id = arguments.next().ok_or("which order?")?.parse()?;

    let telemetry = grpc_telemetry::install("orders-client", VERSION, LogTarget::Stderr)?;
    let channel = Channel::builder(target).open(&telemetry)?;

    let mut orders = OrdersClient::new(channel);
    if arguments.next().as_deref() != Some("--watch") {
        let order = orders.get_order(read(GetOrderRequest { id }));
        show(&order.await?.into_inner());
        return Ok(());
    }
    let watched = orders.watch_orders(read(WatchOrdersRequest { id }));
    let mut changes = watched.await?.into_inner();
    while let Some(order) = changes.message().await? {
        show(&order);
    }
    Ok(())
}

/// An idempotent request with a deadline: the channel may retry it.
fn read<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    request.extensions_mut().insert(Idempotent);
    request
}

fn show(order: &Order) {
    println!(
        "{} {} {}",
        order.id,
        order.item,
        order.state().as_str_name()
    );
}
