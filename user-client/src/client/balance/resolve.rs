//! From a name to the servers behind it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tonic::transport::Uri;

use super::{Backend, Backends, Source};
use crate::client::channel::Tuning;

/// How often a name is resolved at the most, when all is not well.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// A name, who knows it, and how the servers behind it are connected to.
#[derive(Debug)]
pub(super) struct Name {
    /// With its port, if all servers have the same.
    pub(super) uri: Uri,
    pub(super) source: Source,
    pub(super) tuning: Tuning,
}

/// Keeps `backends` at what `name` stands for, until nobody wants to know.
pub(super) async fn follow(name: Name, backends: watch::Sender<Backends>, trouble: Arc<Notify>) {
    let following = async {
        loop {
            let resolved = name.source.addresses(&name.uri).await;
            let failed = resolved.is_err();
            backends.send_modify(|known| update(known, resolved, &name));
            tokio::time::sleep(SHORTEST_INTERVAL).await;
            if !failed {
                // A trouble from meanwhile counts.
                let _ = tokio::time::timeout(name.source.interval(), trouble.notified()).await;
            }
        }
    };
    tokio::select! {
        () = following => {}
        () = backends.closed() => {}
    }
}

/// Servers that stay keep their connections. A name that can't be resolved any
/// more keeps those it had.
fn update(known: &mut Backends, resolved: Result<BTreeSet<String>, String>, name: &Name) {
    let old = match &*known {
        Backends::Known(backends) => Arc::clone(backends),
        _ => Arc::default(),
    };
    match resolved {
        Ok(addresses) => {
            let backend = |address| backend(&old, address, name);
            *known = Backends::Known(addresses.into_iter().filter_map(backend).collect());
        }
        Err(why) if old.is_empty() => {
            *known = Backends::Unresolved(format!("its name can't be resolved: {why}"));
        }
        Err(_) => {}
    }
}

/// The server at `address`: the old one, or a new one by the name that was asked for.
fn backend(old: &[Backend], address: String, name: &Name) -> Option<Backend> {
    if let Some(backend) = old.iter().find(|backend| backend.key == address) {
        return Some(backend.clone());
    }
    let endpoint = name.tuning.endpoint_of(&name.uri, &address).ok()?;
    Some(Backend::new(address, &endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Result<BTreeSet<String>, String> {
        Ok(texts.iter().map(|&text| text.to_owned()).collect())
    }

    fn name() -> Name {
        Name {
            uri: Uri::from_static("http://users:1"),
            source: Source::Dns,
            tuning: Tuning::new(Duration::from_secs(1), None),
        }
    }

    fn keys(backends: &Backends) -> Vec<String> {
        let Backends::Known(backends) = backends else {
            return Vec::new();
        };
        backends.iter().map(|backend| backend.key.clone()).collect()
    }

    #[tokio::test]
    async fn servers_come_and_go_with_the_addresses_of_the_name() {
        let mut known = Backends::Unknown;
        update(
            &mut known,
            addresses(&["10.0.0.1:1", "10.0.0.2:1"]),
            &name(),
        );
        assert_eq!(keys(&known), ["10.0.0.1:1", "10.0.0.2:1"]);
        update(
            &mut known,
            addresses(&["10.0.0.3:1", "10.0.0.2:1"]),
            &name(),
        );
        assert_eq!(keys(&known), ["10.0.0.2:1", "10.0.0.3:1"]);
    }

    #[tokio::test]
    async fn the_last_known_servers_are_kept_when_the_name_is_lost() {
        let mut known = Backends::Unknown;
        update(&mut known, Err("no DNS".to_owned()), &name());
        assert!(matches!(known, Backends::Unresolved(_)));
        update(&mut known, addresses(&["10.0.0.1:1"]), &name());
        update(&mut known, Err("no DNS".to_owned()), &name());
        assert_eq!(keys(&known), ["10.0.0.1:1"]);
    }
}
