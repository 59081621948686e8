//! Parse, run (telemetry is started and flushed in there), exit code.

use std::process::ExitCode;

use user_client::app;
use user_client::args::Args;

/// As in user-service: the gateway allocates some hundred times for each request
/// (docs/performance.md).
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(app::run(args));
            // A read of a terminal can't be cancelled, so it is left behind.
            runtime.shutdown_background();
            outcome.exit_code().into()
        }
        Err(error) => {
            eprintln!("error: the runtime cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
