//! A service that takes calls until a signal, and then drains.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::tls::Tls;
use crate::{Readiness, StopSignals};

/// A second signal came while the calls in flight were finishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped at once by a second {0}")]
pub struct Interrupted(pub &'static str);

/// A service that takes calls. Dropped, it ends at once.
pub struct Running {
    /// What stops it.
    pub signals: StopSignals,
    /// The files of TLS, which are followed.
    pub tls: Option<Arc<Tls>>,
    /// Whether it should get calls.
    pub readiness: Readiness,
    /// The delay between a signal and refusing new calls, so that load balancers can react.
    pub drain_delay: Duration,
    /// Cancelled when the ports are to refuse: of the [`Shutdown`](crate::Shutdown) of `calls`.
    pub stop: CancellationToken,
    /// The server of the calls, which returns how many connections had any left at the end of
    /// the grace period.
    pub calls: AbortOnDropHandle<usize>,
}

impl Running {
    /// Serves until a signal; returns its name. It is ready while `ping` succeeds, as
    /// [`Readiness::follow`] says.
    pub async fn until_signal<F, E>(&mut self, ping: impl Fn() -> F) -> &'static str
    where
        F: Future<Output = Result<(), E>>,
    {
        tokio::select! {
            signal = self.signals.next() => signal,
            never = self.readiness.follow(ping) => match never {},
            never = follow(self.tls.as_deref()) => match never {},
        }
    }

    /// Lets the calls in flight finish, unless a second signal comes; returns how many
    /// connections had any at the end of the grace period. `leave` runs first: it
    /// stops new calls at their source, for example by removing the registration. `close` runs
    /// last, when no call is left.
    ///
    /// # Errors
    /// When a second signal ends it at once.
    pub async fn drain(
        self,
        leave: impl Future<Output = ()>,
        close: impl Future<Output = ()>,
    ) -> Result<usize, Interrupted> {
        let mut signals = self.signals;
        let drained = async {
            leave.await;
            // Load balancers fail over before the ports refuse.
            self.readiness.set(false);
            tokio::time::sleep(self.drain_delay).await;
            self.readiness.end();
            self.stop.cancel();
            let terminated = self.calls.await.unwrap_or_default();
            close.await;
            terminated
        };
        tokio::select! {
            terminated = drained => Ok(terminated),
            signal = signals.next() => Err(Interrupted(signal)),
        }
    }
}

/// Follows the files of `tls`, if there are any, for as long as it is polled.
async fn follow(tls: Option<&Tls>) -> Infallible {
    match tls {
        Some(tls) => tls.follow().await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
