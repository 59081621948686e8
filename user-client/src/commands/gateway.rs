//! `gateway`: user-service for every caller that speaks HTTP, until a signal.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cli_settings::distinct_addresses;
use grpc_server::health::Health;
use grpc_server::{
    ConnectionLimits, Readiness, Running, Server, Shutdown, StopSignals, Workers, probes, rlimit,
};
use grpc_telemetry::Telemetry;
use http_gateway::Settings;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use user_proto::v1::FILE_DESCRIPTOR_SET;

use crate::args::{Gateway, Global};
use crate::client::setup;
use crate::failure::{Failure, channel};
use crate::outcome::Outcome;

pub mod healthcheck;

/// The domain of all errors.
const DOMAIN: &str = "user.v1";
/// The bytes of the shortest message of Connect that is compressed.
const MIN_COMPRESSED: usize = 1024;
/// The longest that a unary call may take, unless `--timeout` or its caller say another time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until SIGTERM, SIGINT or SIGHUP, then lets the requests in flight finish.
///
/// # Errors
/// When a port is not free, or the service can't be called by the flags.
pub async fn run(
    global: &Global,
    args: &Gateway,
    telemetry: &Telemetry,
) -> Result<Outcome, Failure> {
    let signals = StopSignals::listen()
        .map_err(|error| Failure::new(format!("cannot listen for signals: {error}")))?;
    let (http, probes) = ports(args).await?;
    let gateway = gateway(global, args, telemetry)?;
    let workers = Arc::new(workers()?);
    let addresses = (http.local_addr().ok(), probes.local_addr().ok());
    let shutdown = Shutdown::new(args.shutdown_grace);
    let stop = shutdown.stop.clone();
    let readiness = Readiness::new(Health::new(), &[]);
    let probes = probes::serve(probes, readiness.clone(), telemetry.scrape(), stop.clone());
    let _probes = AbortOnDropHandle::new(tokio::spawn(probes));
    let server = Server::new(http, gateway, limits(args)).with_workers(Arc::clone(&workers));
    let mut running = Running {
        signals,
        tls: None,
        readiness,
        drain_delay: args.shutdown_drain_delay,
        stop,
        calls: AbortOnDropHandle::new(tokio::spawn(server.serve_web(shutdown))),
    };
    running.readiness.set(true);
    tracing::info!(
        gateway = addresses.0.map(tracing::field::display),
        http = addresses.1.map(tracing::field::display),
        server = %global.server,
        "serving"
    );
    // It can tell of a service that is away, and so is ready without it.
    let signal = running.until_signal(async || Ok::<_, Infallible>(())).await;
    tracing::info!(signal, "stopping: requests in flight may finish");
    stop_by(running).await
}

async fn stop_by(running: Running) -> Result<Outcome, Failure> {
    match running.drain(async {}, async {}).await {
        Ok(terminated) => {
            tracing::info!(terminated, "stopped");
            Ok(Outcome::Ok)
        }
        Err(interrupted) => Err(Failure {
            outcome: Outcome::Interrupted,
            ..Failure::new(interrupted.to_string())
        }),
    }
}

fn gateway(
    global: &Global,
    args: &Gateway,
    telemetry: &Telemetry,
) -> Result<http_gateway::Gateway, Failure> {
    if global.access.token.is_some() || global.access.token_file.is_some() {
        return Err(Failure::usage(
            "the gateway passes the tokens of its callers on and has none of its own; leave --token, \
             --token-file and their variables out",
        ));
    }
    let descriptors = FILE_DESCRIPTOR_SET;
    let channel = setup::channel(global)?
        .methods(&[descriptors])
        .and_then(|builder| builder.open(telemetry))
        .map_err(channel::failure)?;
    let settings = Settings {
        domain: DOMAIN,
        timeout: global.timeout.unwrap_or(TIMEOUT),
        stream_timeout: global.timeout,
        max_message: usize::from(args.max_message_mib) << 20,
        min_compressed: MIN_COMPRESSED,
        version: crate::version(),
        trace_url: global
            .jaeger
            .as_ref()
            .map(|jaeger| format!("{jaeger}/trace/")),
        cors_origins: args.cors_origins.clone(),
        trust: args.trust_incoming_trace.into(),
    };
    http_gateway::Gateway::new(descriptors, channel, &settings, telemetry)
        .map_err(|error| Failure::new(error.to_string()))
}

fn limits(args: &Gateway) -> ConnectionLimits {
    ConnectionLimits {
        total: rlimit::connections(args.max_connections),
        per_address: args.max_connections_per_address,
        streams_per_address: args.max_streams_per_address,
        streams_in_total: args.max_streams,
        ..ConnectionLimits::default()
    }
}

fn workers() -> Result<Workers, Failure> {
    Workers::start().map_err(|error| {
        let advice = rlimit::advice(&error);
        Failure::new(format!("no thread can be started: {error}{advice}"))
    })
}

/// The ports of the gateway and of its probes.
async fn ports(args: &Gateway) -> Result<(TcpListener, TcpListener), Failure> {
    let (http, probes) = ("--gateway-addr", "--gateway-http-addr");
    let (http_addr, probes_addr) = (args.gateway_addr, args.gateway_http_addr);
    distinct_addresses(&[(http, http_addr), (probes, probes_addr)]).map_err(Failure::usage)?;
    let http = listen(http_addr, http).await?;
    Ok((http, listen(probes_addr, probes).await?))
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    let listening = TcpListener::bind(address).await;
    listening.map_err(|cause| {
        Failure::new(format!(
            "cannot listen on {address}: {cause}; free the port, or choose another with {flag}"
        ))
    })
}
