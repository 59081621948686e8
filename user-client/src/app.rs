//! One run of the program, from the arguments to the outcome.

use std::sync::{Arc, Weak};
use std::time::Duration;

use grpc_telemetry::{Builder, LogFormat, LogTarget, Telemetry};
use opentelemetry::context::FutureExt;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{self, Args, Command, Gateway, Global};
use crate::client::journal::Journal;
use crate::client::{UserClient, setup};
use crate::commands;
use crate::failure::{Aftermath, Failure};
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::trace::source::Source;

/// Any of these says that somebody is there to take telemetry.
const EXPORT_VARIABLES: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// What the gateway is called in traces, unless `OTEL_SERVICE_NAME` says another name.
const GATEWAY: &str = "api-gateway";

/// How long the run may take to notice that it was interrupted.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Does what `args` ask for, tells all failures, and leaves no span unsent.
pub async fn run(args: Args) -> Outcome {
    let console = Console::standard(args.global.output, args.global.color);
    let mut console = console
        .with_jaeger(args.global.jaeger.clone())
        .with_image(args.global.svg.clone());
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
        // A script needs neither a service nor telemetry.
        return commands::completions::run(shell, console);
    }
    if let Command::Config = args.command {
        return commands::config::run(&args.settings, console);
    }
    if let Command::Trace(what) = args.command {
        // What looks at traces makes none.
        return tokio::select! {
            result = commands::trace::run(what, console) => result,
            () = interrupted() => Ok(Outcome::Interrupted),
        };
    }
    setup::check(args.global.protocol, &args.command)?;
    if let Command::Gateway(gateway) = &args.command {
        return serve(&args.global, gateway).await;
    }
    let source = match args.global.draws_waterfall() {
        true => Some(Source::open(&args.global).await?),
        false => None,
    };
    let endpoint = source.as_ref().and_then(Source::endpoint);
    let telemetry = telemetry(&args.global, endpoint)
        .install()
        .map_err(|error| Failure::new(error.to_string()))?;
    let telemetry = Arc::new(telemetry);
    // A pipeline that is traced goes on in what it runs.
    let started_in = telemetry.propagator().extract_variables();
    let run = traced(args, source.as_ref(), &telemetry, console).with_context(started_in);
    let insist = tokio::spawn(end_for_sure(Arc::downgrade(&telemetry)));
    let result = tokio::select! {
        result = run => result,
        () = interrupted() => Ok(Outcome::Interrupted),
    };
    insist.abort();
    // None if it is being flushed already, by the one who ends the process.
    if let Some(telemetry) = Arc::into_inner(telemetry) {
        telemetry.shutdown().await;
    }
    result
}

/// Serves until a signal, with telemetry of a program that runs for long.
async fn serve(global: &Global, gateway: &Gateway) -> Result<Outcome, Failure> {
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

/// The part that makes spans.
async fn traced(
    args: Args,
    source: Option<&Source>,
    telemetry: &Telemetry,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    if tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!(settings = %args.settings, "settings in force");
    }
    let journal = Journal::default();
    let channel = setup::channel(&args.global)?;
    let timeout = args.global.timeout;
    let client = UserClient::open(channel, timeout, journal.clone(), telemetry)?;
    let client = client.with_protocol(args.global.protocol);
    let result = commands::run(args.command, &client, console).await;
    let Some(source) = source else {
        return result;
    };
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(failure) if failure.aftermath == Aftermath::OutputClosed => return Err(failure),
        Err(failure) => {
            // Before the picture, which is drawn of failures too.
            console.failure(&failure);
            failure.outcome
        }
    };
    telemetry.flush().await;
    source.draw(&journal.calls(), console).await?;
    Ok(outcome)
}

/// Telemetry of a program that runs shortly, and whose answers go to standard output.
fn telemetry(global: &Global, endpoint: Option<String>) -> Builder {
    let exporting = global.draws_waterfall() || EXPORT_VARIABLES.iter().any(|name| is_set(name));
    let builder = grpc_telemetry::builder(env!("CARGO_PKG_NAME"), crate::version())
        .from_env()
        .without_export_retries()
        .with_log_filter(log_filter(global.log_filter.as_deref(), exporting))
        .with_log_target(LogTarget::Stderr)
        // In order with what it says itself, and no faster than it is read.
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

/// Who has not asked for telemetry to be exported needs no warning that nobody takes it.
fn log_filter(given: Option<&str>, exporting: bool) -> String {
    match given {
        Some(filter) if !filter.is_empty() => filter.to_owned(),
        _ if exporting => "warn".to_owned(),
        _ => "warn,grpc_telemetry::export=off".to_owned(),
    }
}

/// Ends the process after an interruption even if it hangs in a write to a
/// pipe that nobody reads; when all goes well it never comes to that. What has
/// ended by then is sent.
async fn end_for_sure(telemetry: Weak<Telemetry>) {
    interrupted().await;
    tokio::time::sleep(STOP_LIMIT).await;
    if let Some(telemetry) = telemetry.upgrade() {
        telemetry.flush().await;
    }
    std::process::exit(Outcome::Interrupted.exit_code().into());
}

/// Waits until the user, or a supervisor, stops the program.
async fn interrupted() {
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
    fn an_exporter_that_nobody_asked_for_is_quiet() {
        assert_eq!(log_filter(None, false), "warn,grpc_telemetry::export=off");
        assert_eq!(log_filter(None, true), "warn");
        assert_eq!(log_filter(Some(""), true), "warn");
        assert_eq!(log_filter(Some("info"), false), "info");
    }
}
