//! The connection to an endpoint, made anew when the files of its TLS change.

use std::time::Duration;

use grpc_common::{Contents, FileFollower, Unreadable};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use super::BuildError;
use super::attempt::{Failed, with_causes};
use super::destination::Destination;
use super::tls::Tls;
use super::transport::Transport;

/// How often the files are read.
const INTERVAL: Duration = Duration::from_secs(1);

/// The transport to an endpoint; or why there is none yet, as certificates may come later.
type Current = Result<Transport, Failed>;

/// A connection to an endpoint.
#[derive(Debug)]
pub(super) struct Connection {
    current: watch::Receiver<Current>,
    _renewal: Option<AbortOnDropHandle<()>>,
}

impl Connection {
    /// A connection to `destination`, driven by `runtime`. It is made when it is needed.
    ///
    /// # Errors
    /// When the endpoint can't be one. Files that can't be read are waited for.
    pub(super) fn start(destination: &Destination, runtime: &Handle) -> Result<Self, BuildError> {
        // The runtime is the one that drives the connection.
        let _entered = runtime.enter();
        let transport = Transport::build(destination, &Tls::default())?;
        let paths = destination.transport.tls.paths();
        if paths.is_empty() || !destination.has_tls() {
            let (_, current) = watch::channel(Ok(transport));
            return Ok(Self {
                current,
                _renewal: None,
            });
        }
        let mut follower = FileFollower::new(paths).settled();
        let first = build(destination, follower.read());
        let (sender, current) = watch::channel(first);
        let renewal = renew(destination.clone(), follower, sender);
        Ok(Self {
            current,
            _renewal: Some(AbortOnDropHandle::new(runtime.spawn(renewal))),
        })
    }

    /// The transport now.
    pub(super) fn transport(&self) -> Current {
        self.current.borrow().clone()
    }
}

/// Replaces the transport whenever the files change.
async fn renew(
    destination: Destination,
    mut follower: FileFollower,
    sender: watch::Sender<Current>,
) {
    loop {
        let next = build(&destination, follower.changed(INTERVAL).await);
        match next {
            Err(error) if sender.borrow().is_ok() => tracing::warn!(
                target: "grpc_telemetry::export",
                endpoint = destination.endpoint,
                error = error.why,
                "cannot reload the TLS files of exports: the previous ones are kept"
            ),
            next => drop(sender.send_replace(next)),
        }
    }
}

/// A transport with what the files hold.
fn build(destination: &Destination, contents: Result<Contents, Unreadable>) -> Current {
    let later = |why| Failed {
        why,
        again: Some(Duration::ZERO),
    };
    let contents = contents.map_err(|error| later(error.to_string()))?;
    let tls = Tls::of(&destination.transport.tls, contents);
    let built = tls.and_then(|tls| Transport::build(destination, &tls));
    built.map_err(|error| later(with_causes(&error)))
}
