//! `bench`: load on the service, with its throughput and latency.

mod load;
mod pace;
mod report;

use grpc_channel::Connection;

use crate::app::interrupted;
use crate::args::Bench;
use crate::client::{Calls, UserClient};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::output::waiting::announced;

/// Puts the load of `bench` on the service of `client` and shows what was measured, also when it
/// is interrupted.
///
/// # Errors
/// When the service can't be reached, or standard output can't be written to.
pub async fn run(
    bench: &Bench,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let connections = tokio::select! {
        connections = connect(bench, client) => connections?,
        () = interrupted() => return Ok(Outcome::Interrupted),
    };
    let what = || {
        let duration = humantime::format_duration(bench.duration);
        format!("measuring for {duration}")
    };
    let measured = announced(what, load::run(bench, &connections, interrupted()))
        .await
        .map_err(|error| Failure::new(error.to_string()))?;
    report::show(&measured, console)?;
    if measured.interrupted {
        return Ok(Outcome::Interrupted);
    }
    Ok(match measured.failed() {
        0 => Outcome::Ok,
        _ => Outcome::Failed,
    })
}

async fn connect(bench: &Bench, client: &UserClient) -> Result<Vec<Calls<Connection>>, Failure> {
    let mut connections = Vec::new();
    for _ in 0..bench.connections {
        connections.push(client.connection().await?);
    }
    Ok(connections)
}
