//! From a name to the servers behind it.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tonic::transport::Uri;

use super::{Backend, Backends};
use crate::client::channel::Tuning;

/// How often a name is resolved while all is well, and at the most when it is not.
const INTERVAL: Duration = Duration::from_secs(30);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// A name, and how the servers behind it are connected to.
#[derive(Debug)]
pub(super) struct Name {
    /// With its port.
    pub(super) uri: Uri,
    pub(super) tuning: Tuning,
}

/// Keeps `backends` at what `name` stands for, until nobody wants to know.
pub(super) async fn follow(name: Name, backends: watch::Sender<Backends>, trouble: Arc<Notify>) {
    let following = async {
        loop {
            let resolved = resolve(&name.uri).await;
            let failed = resolved.is_err();
            backends.send_modify(|known| update(known, resolved, &name));
            tokio::time::sleep(SHORTEST_INTERVAL).await;
            if !failed {
                // A trouble from meanwhile counts.
                let _ = tokio::time::timeout(INTERVAL, trouble.notified()).await;
            }
        }
    };
    tokio::select! {
        () = following => {}
        () = backends.closed() => {}
    }
}

/// Ordered, so that an answer in another order is no change.
async fn resolve(uri: &Uri) -> io::Result<BTreeSet<SocketAddr>> {
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(80);
    let addresses = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await?;
    Ok(addresses.collect())
}

/// Servers that stay keep their connections. A name that can't be resolved any
/// more keeps those it had.
fn update(known: &mut Backends, resolved: io::Result<BTreeSet<SocketAddr>>, name: &Name) {
    let old = match &*known {
        Backends::Known(backends) => Arc::clone(backends),
        _ => Arc::default(),
    };
    let why = match resolved {
        Ok(addresses) if !addresses.is_empty() => {
            let backend = |address| backend(&old, address, name);
            *known = Backends::Known(addresses.into_iter().filter_map(backend).collect());
            return;
        }
        Ok(_) => "its name has no address".to_owned(),
        Err(error) => format!("its name can't be resolved: {error}"),
    };
    if old.is_empty() {
        *known = Backends::Unresolved(why);
    }
}

/// The server at `address`: the old one, or a new one by the name that was asked for.
fn backend(old: &[Backend], address: SocketAddr, name: &Name) -> Option<Backend> {
    let key = address.to_string();
    if let Some(backend) = old.iter().find(|backend| backend.key == key) {
        return Some(backend.clone());
    }
    let scheme = name.uri.scheme_str().unwrap_or("http");
    let uri = Uri::try_from(format!("{scheme}://{address}")).ok()?;
    let host = name.uri.host().unwrap_or_default();
    let endpoint = name.tuning.named_endpoint(uri, host).ok()?;
    let endpoint = endpoint.origin(name.uri.clone());
    Some(Backend::new(key, &endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> io::Result<BTreeSet<SocketAddr>> {
        Ok(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn name() -> Name {
        Name {
            uri: Uri::from_static("http://users:1"),
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
        update(&mut known, Err(io::Error::other("no DNS")), &name());
        assert!(matches!(known, Backends::Unresolved(_)));
        update(&mut known, addresses(&["10.0.0.1:1"]), &name());
        update(&mut known, Err(io::Error::other("no DNS")), &name());
        assert_eq!(keys(&known), ["10.0.0.1:1"]);
    }
}
