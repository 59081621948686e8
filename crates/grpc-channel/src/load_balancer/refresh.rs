//! Keeps the backends of a name up to date.

use std::sync::Arc;
use std::time::Duration;

use grpc_discovery::Resolver;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tonic::transport::Uri;

use super::backend::{Backend, Backends, Rotation};
use crate::BoxError;
use crate::endpoint::ConnectionSettings;
use crate::resolver::{Addresses, resolve};

/// How often a name is resolved at most, when it can't be, or a backend can't be reached.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// The same when a registry tells of one change after the other.
const SHORTEST_CHANGE_INTERVAL: Duration = Duration::from_millis(100);

/// A name, who knows its addresses, and how these are connected to.
#[derive(Debug)]
pub(super) struct Name {
    /// What its backends are called by, in TLS and in the requests.
    pub(super) uri: Uri,
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) settings: ConnectionSettings,
    /// Where this program runs.
    pub(super) zone: Option<String>,
}

/// Keeps `backends` at what `name` stands for, until it is dropped; resolves it early
/// when `unreachable` says that a backend can't be reached.
pub(super) async fn run(name: Name, backends: watch::Sender<Backends>, unreachable: Arc<Notify>) {
    loop {
        let resolved = resolve(name.resolver.as_ref(), name.zone.as_deref()).await;
        let failed = resolved.is_err();
        backends.send_modify(|known| update(known, resolved, &name));
        if failed {
            sleep(SHORTEST_INTERVAL).await;
            continue;
        }
        sleep(SHORTEST_CHANGE_INTERVAL).await;
        tokio::select! {
            () = name.resolver.changed() => {}
            () = failing(&unreachable) => {}
        }
    }
}

/// Returns when a backend can't be reached; what became unreachable before counts.
async fn failing(unreachable: &Notify) {
    sleep(SHORTEST_INTERVAL).await;
    unreachable.notified().await;
}

/// Backends that stay keep their connections. A name that can't be resolved any
/// more keeps those it had.
fn update(known: &mut Backends, resolved: Result<Addresses, BoxError>, name: &Name) {
    let old = match &*known {
        Backends::Known(backends) => Arc::clone(backends),
        _ => Arc::default(),
    };
    match resolved {
        Ok(addresses) => {
            let backend = |(address, share)| Some((backend(old.backends(), address, name)?, share));
            let backends = addresses.into_iter().filter_map(backend).collect();
            *known = Backends::Known(Arc::new(Rotation::new(backends)));
        }
        Err(why) if old.backends().is_empty() => {
            *known = Backends::Unresolved(format!("its name can't be resolved: {why}"));
        }
        Err(_) => {}
    }
}

/// The backend at `address`: the old one, or a new one by the name that was resolved.
fn backend(old: &[Backend], address: String, name: &Name) -> Option<Backend> {
    if let Some(backend) = old.iter().find(|backend| backend.address() == address) {
        return Some(backend.clone());
    }
    let endpoint = name.settings.backend_at(&name.uri, &address).ok()?;
    Some(Backend::new(address, &endpoint))
}

#[cfg(test)]
mod tests {
    use crate::resolver::{self, Share};

    use super::*;

    fn addresses(texts: &[&str]) -> Result<Addresses, BoxError> {
        let share = Share {
            weight: 10,
            is_near: false,
        };
        Ok(texts.iter().map(|&text| (text.to_owned(), share)).collect())
    }

    fn name() -> Name {
        let target = "dns:///users:1".parse().unwrap();
        Name {
            uri: Uri::from_static("http://users:1"),
            resolver: resolver::of(&target, &grpc_discovery::Access::default()).unwrap(),
            settings: ConnectionSettings {
                connect_timeout: Duration::from_secs(1),
                credentials: None,
                kitex: None,
            },
            zone: None,
        }
    }

    fn known(backends: &Backends) -> Vec<&str> {
        let Backends::Known(backends) = backends else {
            return Vec::new();
        };
        backends.backends().iter().map(Backend::address).collect()
    }

    #[tokio::test]
    async fn backends_come_and_go_with_the_addresses_of_the_name() {
        let mut backends = Backends::Unknown;
        let two = addresses(&["10.0.0.1:1", "10.0.0.2:1"]);
        update(&mut backends, two, &name());
        assert_eq!(known(&backends), ["10.0.0.1:1", "10.0.0.2:1"]);
        let other = addresses(&["10.0.0.3:1", "10.0.0.2:1"]);
        update(&mut backends, other, &name());
        assert_eq!(known(&backends), ["10.0.0.2:1", "10.0.0.3:1"]);
    }

    #[tokio::test]
    async fn the_last_known_backends_are_kept_when_the_name_is_lost() {
        let mut backends = Backends::Unknown;
        update(&mut backends, Err("no DNS".into()), &name());
        assert!(matches!(backends, Backends::Unresolved(_)));
        update(&mut backends, addresses(&["10.0.0.1:1"]), &name());
        update(&mut backends, Err("no DNS".into()), &name());
        assert_eq!(known(&backends), ["10.0.0.1:1"]);
    }
}
