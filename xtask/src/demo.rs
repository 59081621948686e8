//! `cargo xtask demo`: runs both programs, draws their traces, and leaves nothing behind.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;

mod cache;
mod trace_page;

use self::cache::Cache;
use self::trace_page::TracePage;
use crate::child::{self, KillOnDrop};
use crate::{Result, install};

/// How long the service may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long all workflows together may take.
const WORKFLOWS_LIMIT: Duration = Duration::from_secs(120);

/// How long the service may take to stop: its grace period, and some more.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// The variables of the caller that both programs see: one that configures a service or
/// telemetry must not change the demo.
const KEPT_VARIABLES: [&str; 13] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "LINES",
];

const GREETING: &str = "\
This builds user-service and user-client, starts the service on a temporary database, runs four
workflows against it and draws the trace of each. The first build takes some minutes, a later one
seconds; the workflows take some seconds.";

/// What the demo does besides.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Show the traces as pages for a browser too, until Ctrl-C
    #[arg(long)]
    web: bool,
}

/// Builds the pair, runs all workflows once and stops it.
pub(crate) fn run(options: &Options) -> Result {
    println!("{GREETING}");
    let interrupted = child::watch_for_interruption()?;
    install::ensure_make()?;
    child::run(child::cargo().args([
        "build",
        "--locked",
        "-p",
        "user-service",
        "-p",
        "user-client",
    ]))?;
    let folder = tempfile::Builder::new()
        .prefix("user-demo-")
        .tempdir()
        .map_err(|error| format!("can't make a temporary folder: {error}"))?;
    let receiver = free_address()?;
    let cache = Cache::start(&folder, &interrupted)?;
    match &cache {
        Some(_) => println!("\nThe users are cached in a Redis: look for its GET and SET spans.\n"),
        None => {
            println!("\nNo Redis was found: the users are cached in the process, without spans.\n")
        }
    }
    let mut page = match options.web {
        true => Some(TracePage::start(&folder, receiver, &interrupted)?),
        false => None,
    };
    let mut service = Service::start(&folder, receiver, cache.as_ref())?;
    let url = service.wait_for_address(&interrupted)?;
    run_workflows(&url, receiver, page.as_ref(), &interrupted)?;
    if let Some(page) = &mut page {
        println!("{}", invitation(page, &url)?);
        page.show(&interrupted)?;
    }
    service.stop()?;
    println!("{}", goodbye()?);
    Ok(())
}

/// Where the traces are, and how to add one.
fn invitation(page: &TracePage, server: &str) -> Result<String> {
    let (client, receiver) = (shown("user-client")?, page.receiver);
    Ok(format!(
        "
The traces are at {} until Ctrl-C. The pages grow while spans come: call the service from another
terminal to see yours there:
    OTEL_EXPORTER_OTLP_ENDPOINT=http://{receiver} {client} --server {server} workflow fan-out",
        page.url
    ))
}

/// What to type next, with the programs as they were built: `cargo run` might build them again.
fn goodbye() -> Result<String> {
    let (service, client) = (shown("user-service")?, shown("user-client")?);
    Ok(format!(
        "
Each trace above was drawn from the spans that both processes exported over OTLP. No process is
left running, and no file outside of target/. To explore further, start the service in one
terminal and call it from another:
    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 OTEL_BSP_SCHEDULE_DELAY=200 {service}
    {client} workflow user-management --waterfall
All checks and tests: cargo xtask test"
    ))
}

/// The path of a built program as it is typed in the current folder.
fn shown(name: &str) -> Result<String> {
    let path = child::built(name)?;
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(&path);
    Ok(path.display().to_string())
}

/// The service has to know the port of the receiver before the client opens it, so it is chosen
/// here. Another program can take it in between: see `explain`.
fn free_address() -> Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("can't find a free port on 127.0.0.1: {error}"))
}

struct Service {
    process: KillOnDrop,
    log: PathBuf,
}

impl Service {
    fn start(folder: &TempDir, receiver: SocketAddr, cache: Option<&Cache>) -> Result<Self> {
        let log = folder.path().join("user-service.log");
        let (stdout, stderr) = File::create(&log)
            .and_then(|file| Ok((file.try_clone()?, file)))
            .map_err(|error| format!("can't write {}: {error}", log.display()))?;
        let process = KillOnDrop::start(
            program("user-service")?
                .current_dir(folder.path())
                .env("LISTEN_ADDR", "127.0.0.1:0")
                .env("HTTP_ADDR", "127.0.0.1:0")
                .env("DATABASE_URL", "sqlite://demo.db")
                .envs(cache.map(|cache| ("REDIS_URL", &cache.url)))
                .env("LOG_FORMAT", "json")
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{receiver}"))
                // The client waits for these spans; the default is 5 s.
                .env("OTEL_BSP_SCHEDULE_DELAY", "200")
                // Ctrl-C reaches the client and xtask, which then drains the service.
                .process_group(0)
                .stdout(stdout)
                .stderr(stderr),
        )?;
        Ok(Self { process, log })
    }

    fn wait_for_address(&mut self, interrupted: &AtomicBool) -> Result<String> {
        let Self { process, log } = self;
        let found = child::poll(START_LIMIT, interrupted, || {
            let said = fs::read_to_string(&*log).unwrap_or_default();
            let address = serving_address(&said).map(str::to_owned);
            address.map(Ok).or_else(|| process.ended().map(Err))
        });
        match found {
            Some(Ok(address)) => Ok(format!("http://{address}")),
            Some(Err(status)) => Err(self.failure(&format!("ended at once ({status})"))),
            None if interrupted.load(Ordering::Relaxed) => Err("interrupted".to_owned()),
            None => Err(self.failure(&format!("logged no address within {START_LIMIT:?}"))),
        }
    }

    fn stop(&mut self) -> Result {
        match self.process.stop(STOP_LIMIT) {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(self.failure(&format!("did not stop cleanly ({status})"))),
            None => Err(self.failure(&format!("did not stop within {STOP_LIMIT:?}"))),
        }
    }

    fn failure(&self, what: &str) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].join("\n  ");
        format!("user-service {what}; the end of its log:\n  {last}")
    }
}

/// The gRPC address in the log line that says that the service is serving.
fn serving_address(log: &str) -> Option<&str> {
    let line = log
        .lines()
        .find(|it| it.contains(r#""message":"serving""#))?;
    let (_, rest) = line.split_once(r#""grpc":""#)?;
    Some(rest.split_once('"')?.0)
}

/// The client receives the spans itself, or reads them from the page.
fn run_workflows(
    url: &str,
    receiver: SocketAddr,
    page: Option<&TracePage>,
    interrupted: &AtomicBool,
) -> Result {
    let mut command = program("user-client")?;
    command.args(["workflow", "all", "--waterfall", "--server", url]);
    match page {
        None => command.arg("--otlp-listen").arg(receiver.to_string()),
        Some(page) => command
            .args(["--jaeger", &page.url])
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{receiver}"))
            .env("OTEL_BSP_SCHEDULE_DELAY", "200"),
    };
    let mut client = KillOnDrop::start(&mut command)?;
    let ended = client.wait(WORKFLOWS_LIMIT, interrupted);
    if interrupted.load(Ordering::Relaxed) {
        return Err("interrupted; everything was stopped".to_owned());
    }
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(explain(status, receiver)),
        None => Err(format!(
            "user-client took longer than {WORKFLOWS_LIMIT:?} and was stopped"
        )),
    }
}

fn explain(status: ExitStatus, receiver: SocketAddr) -> String {
    match TcpListener::bind(receiver) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => format!(
            "another program took {receiver} before user-client could listen there; run the demo again"
        ),
        _ => format!("user-client failed ({status}); its output is above"),
    }
}

fn program(name: &str) -> Result<Command> {
    let path = child::built(name)?;
    if !path.is_file() {
        return Err(format!(
            "{} isn't there after the build; unset CARGO_BUILD_TARGET and run again",
            path.display()
        ));
    }
    let mut command = Command::new(path);
    command.env_clear();
    for variable in KEPT_VARIABLES {
        if let Some(value) = std::env::var_os(variable) {
            command.env(variable, value);
        }
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::serving_address;

    #[test]
    fn the_address_is_read_from_the_serving_line_only() {
        let log = concat!(
            r#"{"level":"INFO","message":"migrated","grpc":"wrong"}"#,
            "\n",
            r#"{"message":"serving","grpc":"127.0.0.1:4242","http":"127.0.0.1:4243"}"#,
            "\n"
        );
        assert_eq!(serving_address(log), Some("127.0.0.1:4242"));
        assert_eq!(serving_address(r#"{"message":"serving","gr"#), None);
    }
}
