//! `trace listen`: draws the traces of any program as they finish, and shows them as pages, until Ctrl-C.

mod drawing;
mod limited;
mod servers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use grpc_server::StopSignals;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;
use trace_view::live::{Live, LiveLimits};

use self::drawing::Drawing;
use self::servers::Servers;
use crate::app;
use crate::args::{Global, Listen};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

/// How often finished traces are looked for.
const INTERVAL: Duration = Duration::from_millis(250);

/// Maximum traces that are drawn before a signal is looked for again, which also bounds their copies.
const MOST: usize = 100;

/// How long the end may take to draw what has arrived: less than until `exit_after_interruption`.
const END_LIMIT: Duration = Duration::from_secs(1);

/// Receives spans and draws each trace that `args` select once it is finished, or `wait` after it began to
/// arrive. At the end it draws what has arrived of the others.
///
/// # Errors
/// When an address can't be listened on, or standard output can't be written to.
pub async fn run(
    args: &Listen,
    wait: Duration,
    global: &Global,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut signals = StopSignals::listen()
        .map_err(|error| Failure::new(format!("cannot listen for signals: {error}")))?;
    // Not if this program hangs in a write to a pipe without a reader.
    let _insist = AbortOnDropHandle::new(tokio::spawn(app::exit_after_interruption()));
    let live = Arc::new(Live::new(LiveLimits::default()));
    let mut servers = Servers::start(&live, global.otlp_listen, args.otlp_http_listen).await?;
    if let Some(address) = args.web {
        servers.show(&live, address).await?;
    }
    let mut drawing = Drawing::new(args.filter(), &servers.endpoint());
    console.note(&servers.greeting());
    let mut ticks = interval(INTERVAL);
    // What a slow terminal missed needs no ticks of its own.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = signals.next() => break,
            _ = ticks.tick() => {}
        }
        drawing.draw(live.finished(Instant::now(), wait, MOST), console)?;
        drawing.note_dropped(live.totals(), console);
    }
    let deadline = Instant::now() + END_LIMIT;
    servers.stop().await;
    while Instant::now() < deadline && live.unfinished_count() > 0 {
        drawing.draw(live.unfinished(MOST), console)?;
    }
    console.note(&drawing.summary(live.totals(), live.unfinished_count()));
    Ok(Outcome::Ok)
}
