//! `test-servers COMMAND [ARGUMENT…]`: runs the command with `TEST_DATABASE_URL`
//! and `TEST_REDIS_URL` set, to throw-away servers unless they are set already.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{ExitCode, ExitStatus};

use testkit::{Postgres, Redis, Signal};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("error: say which command to run: test-servers COMMAND [ARGUMENT…]");
        return ExitCode::from(2);
    };
    match run(program, arguments.collect()).await {
        Ok(status) => ExitCode::from(
            status
                .code()
                .and_then(|it| u8::try_from(it).ok())
                .unwrap_or(1),
        ),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The servers live as long as this function, on every way out of it.
async fn run(program: OsString, arguments: Vec<OsString>) -> Result<ExitStatus, String> {
    // From here on, neither of the two ends this process before its servers.
    let interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut command = Command::new(&program);
    command.args(arguments);
    let _postgres = match given("TEST_DATABASE_URL") {
        Some(url) => testkit::check_postgres(&url).await.map(|()| None)?,
        None => Some(Postgres::start().await),
    }
    .inspect(|server| _ = command.env("TEST_DATABASE_URL", server.url()));
    let _redis = match given("TEST_REDIS_URL") {
        Some(url) => testkit::check_redis(&url).map(|()| None)?,
        None => Some(Redis::start().await),
    }
    .inspect(|server| _ = command.env("TEST_REDIS_URL", server.url()));
    let child = command
        .spawn()
        .map_err(|error| format!("can't run {}: {error}", program.display()))?;
    wait(child, interrupt, terminate)
        .await
        .map_err(|error| error.to_string())
}

fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

async fn wait(
    mut child: Child,
    mut interrupt: Signals,
    mut terminate: Signals,
) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            // A terminal sends it to the whole group, so the command has got it too.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => pass_on(&child, Signal::TERM),
        }
    }
}

fn pass_on(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    let _ = pid.map(|pid| rustix::process::kill_process(pid, signal));
}
