//! One run of the program, from the arguments to the outcome.

use std::sync::{Arc, Weak};
use std::time::Duration;

use grpc_telemetry::{Builder, LogFormat, LogTarget, Telemetry};
use opentelemetry::context::FutureExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{self, Args, Command, Gateway, Global, Protocol};
use crate::client::call_log::CallLog;
use crate::client::{UserClient, setup};
use crate::commands;
use crate::failure::{Failure, Retryability};
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::trace::picture;
use crate::trace::source::SpanSource;

/// Any of these says that a collector is expected to run.
const EXPORT_VARIABLES: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// The service name of the gateway, unless `OTEL_SERVICE_NAME` sets one.
const GATEWAY: &str = "api-gateway";

/// How long the run may take to end after an interruption.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Runs the command of `args`, reports all failures, and flushes all spans.
pub async fn run(args: Args) -> Outcome {
    let console = Console::standard(args.global.output, args.global.color);
    let mut console = console
        .with_jaeger(args.global.jaeger.clone())
        .with_image(args.global.svg.clone())
        .with_waterfall(args.global.draws_waterfall());
    match start_and_run(args, &mut console).await {
        Ok(outcome) => outcome,
        Err(failure) => {
            console.failure(&failure);
            failure.outcome
        }
    }
}

async fn start_and_run(args: Args, console: &mut Console) -> Result<Outcome, Failure> {
    if let Command::Completions { shell } = args.command {
        // Neither this nor the next two need a service or telemetry.
        return commands::completions::run(shell, console);
    }
    if let Command::Man { out } = &args.command {
        return commands::completions::write_man_pages(out);
    }
    if let Command::Config = args.command {
        return commands::config::run(&args.settings, console);
    }
    if let Command::Trace(what) = args.command {
        // The commands on traces are not traced.
        return commands::trace::run(what, &args.global, console).await;
    }
    if let Command::Gateway(gateway) = &args.command {
        return serve(&args.global, gateway).await;
    }
    let source = match args.global.draws_waterfall() {
        true => Some(SpanSource::open(&args.global).await?),
        false => None,
    };
    let endpoint = source.as_ref().and_then(SpanSource::endpoint);
    let telemetry = telemetry(&args.global, endpoint)
        .install()
        .map_err(|error| Failure::new(error.to_string()))?;
    let telemetry = Arc::new(telemetry);
    // The trace of a pipeline continues in the programs that it runs.
    let started_in = telemetry.propagator().extract_variables();
    // They show what is stored, or measured, when they are interrupted.
    let reports_interruption = matches!(args.command, Command::Import(_) | Command::Bench(_));
    let run = traced(args, source.as_ref(), &telemetry, console).with_context(started_in);
    let insist = tokio::spawn(end_for_sure(Arc::downgrade(&telemetry)));
    let result = tokio::select! {
        result = run => result,
        () = interrupted(), if !reports_interruption => Ok(Outcome::Interrupted),
    };
    insist.abort();
    // None if `end_for_sure` is already flushing it.
    if let Some(telemetry) = Arc::into_inner(telemetry) {
        telemetry.shutdown().await;
    }
    result
}

/// Serves until a signal, with the telemetry of a long-running program; or checks one that serves.
async fn serve(global: &Global, gateway: &Gateway) -> Result<Outcome, Failure> {
    if global.protocol != Protocol::Grpc {
        let sentence = "gateway calls over gRPC alone: leave --protocol out";
        return Err(Failure::new(sentence));
    }
    if gateway.healthcheck {
        return commands::gateway::healthcheck::run(gateway.gateway_http_addr).await;
    }
    let filter = global.log_filter.as_deref().filter(|it| !it.is_empty());
    let builder = grpc_telemetry::builder(GATEWAY, crate::version())
        .from_env()
        .with_log_filter(filter.unwrap_or("info"))
        .with_log_target(LogTarget::Stderr)
        .with_spans_of("user_client");
    let telemetry = formatted(builder, global)
        .install()
        .map_err(|error| Failure::new(error.to_string()))?;
    let result = commands::gateway::run(global, gateway, &telemetry).await;
    telemetry.shutdown().await;
    result
}

/// The traced part.
async fn traced(
    args: Args,
    source: Option<&SpanSource>,
    telemetry: &Telemetry,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    if tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!(settings = %args.settings, "settings in force");
    }
    let call_log = CallLog::default();
    let channel = setup::channel(&args.global)?;
    let timeout = args.global.timeout;
    let protocol = args.global.protocol;
    let client = UserClient::open(channel, protocol, timeout, call_log.clone(), telemetry)?;
    let Some(source) = source else {
        return commands::run(args.command, &client, console).await;
    };
    let mut outcome = Outcome::Ok;
    let mut drawn = Vec::new();
    // Each trace is drawn below its own workflow.
    for (index, command) in args.command.parts().into_iter().enumerate() {
        if index > 0 {
            console.picture("\n")?;
        }
        let ended = match commands::run(command, &client, console).await {
            Ok(Outcome::Interrupted) => return Ok(Outcome::Interrupted),
            Ok(outcome) => outcome,
            Err(failure) if failure.retryability == Retryability::OutputClosed => {
                return Err(failure);
            }
            Err(failure) => {
                // Before the picture, which is drawn of failures too.
                console.failure(&failure);
                failure.outcome
            }
        };
        outcome = outcome.max(ended);
        telemetry.flush().await;
        drawn.extend(source.draw(&call_log.take(), console).await?);
    }
    picture::save(&drawn, console)?;
    Ok(outcome)
}

/// Telemetry of a short-lived program whose data goes to standard output.
fn telemetry(global: &Global, endpoint: Option<String>) -> Builder {
    let exporting = global.draws_waterfall() || EXPORT_VARIABLES.iter().any(|name| is_set(name));
    let builder = grpc_telemetry::builder(env!("CARGO_PKG_NAME"), crate::version())
        .from_env()
        .without_export_retries()
        .with_log_filter(log_filter(global.log_filter.as_deref(), exporting))
        .with_log_target(LogTarget::Stderr)
        // In order with its own lines, and no faster than they are read.
        .with_direct_logs();
    let builder = formatted(builder, global);
    match endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint),
        None => builder,
    }
}

fn formatted(builder: Builder, global: &Global) -> Builder {
    match global.log_format {
        Some(args::LogFormat::Pretty) => builder.with_log_format(LogFormat::Pretty),
        Some(args::LogFormat::Json) => builder.with_log_format(LogFormat::Json),
        None => builder,
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Without an endpoint in the environment a missing collector is expected, and not logged; with
/// one it is logged once.
fn log_filter(given: Option<&str>, exporting: bool) -> String {
    match given {
        Some(filter) if !filter.is_empty() => filter.to_owned(),
        _ if exporting => "warn,grpc_telemetry::export=info".to_owned(),
        _ => "warn,grpc_telemetry::export=off".to_owned(),
    }
}

/// Ends the process some time after an interruption, even if it hangs in a write to a pipe
/// without a reader. Spans that have ended by then are exported.
async fn end_for_sure(telemetry: Weak<Telemetry>) {
    interrupted().await;
    tokio::time::sleep(STOP_LIMIT).await;
    if let Some(telemetry) = telemetry.upgrade() {
        telemetry.flush().await;
    }
    std::process::exit(Outcome::Interrupted.exit_code().into());
}

/// The same for a program that has no telemetry and has ended well by then, unless it hangs.
pub(crate) async fn exit_after_interruption() {
    interrupted().await;
    tokio::time::sleep(STOP_LIMIT).await;
    std::process::exit(Outcome::Interrupted.exit_code().into());
}

/// Waits until the user, or a supervisor, stops the program.
pub(crate) async fn interrupted() {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        // Without a handler a signal still ends the process, only less gently.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_collector_is_logged_only_if_an_endpoint_is_set() {
        assert_eq!(log_filter(None, false), "warn,grpc_telemetry::export=off");
        let exporting = "warn,grpc_telemetry::export=info";
        assert_eq!(log_filter(None, true), exporting);
        assert_eq!(log_filter(Some(""), true), exporting);
        assert_eq!(log_filter(Some("info"), false), "info");
    }
}
