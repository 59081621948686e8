//! A user-service with TLS, and its CA certificates.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use testkit::UserService;
use testkit::certificates::{Authority, Certified, Usage, Validity};

/// The one name that the list of an environment has, unless it has another.
pub(crate) const WEB: &str = "spiffe://example.org/ns/users/sa/web";

/// The beginning and the end of a private key that has a passphrase.
pub(crate) const ENCRYPTED_KEY: &str =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

/// A service that knows its clients by their certificates.
pub(crate) struct TlsEnv {
    pub(crate) service: UserService,
    pub(crate) files: Files,
    /// Signs for servers.
    pub(crate) servers: Authority,
    /// Signs for clients.
    pub(crate) clients: Authority,
}

impl TlsEnv {
    /// One where [`WEB`] may call.
    pub(crate) async fn start() -> Self {
        Self::listing(&[("TLS_CLIENT_IDENTITIES", WEB)]).await
    }

    /// One with these variables on top of its files.
    pub(crate) async fn listing(variables: &[(&str, &str)]) -> Self {
        let servers = Authority::new("servers");
        let clients = Authority::new("clients");
        let files = Files::new();
        files.put_pair(&servers.local_server());
        files.put("clients.pem", &clients.pem());
        let own = [
            ("TLS_CERT_FILE", files.path("server.pem")),
            ("TLS_KEY_FILE", files.path("server.key")),
            ("TLS_CLIENT_CA_FILE", files.path("clients.pem")),
        ];
        let own: Vec<_> = own.iter().map(|(name, it)| (*name, it.as_str())).collect();
        let service = UserService::start(&[&own, variables].concat()).await;
        Self {
            service,
            files,
            servers,
            clients,
        }
    }

    /// A certificate for a client by `names`.
    pub(crate) fn client(&self, names: &[&str]) -> Certified {
        self.clients.issue(names, Usage::Client, Validity::Now)
    }

    /// The sample of the metric `name` that has all of `labels`, or 0.
    pub(crate) async fn metric(&self, name: &str, labels: &str) -> f64 {
        self.service.metrics().await.sum(name, &[labels])
    }
}

/// A folder for certificates and keys.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of the file `name`, there or not.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Makes the file `name` anew, at once.
    pub(crate) fn put(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        let new = format!("{path}.new");
        fs::write(&new, content).unwrap();
        fs::rename(&new, &path).unwrap();
        path
    }

    /// Replaces the server's certificate and key, one after the other.
    pub(crate) fn put_pair(&self, pair: &Certified) {
        self.put("server.pem", &pair.certificate);
        self.put("server.key", &pair.key);
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }
}
