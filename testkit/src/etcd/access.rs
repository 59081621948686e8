//! Users and TLS of an etcd.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xtask::http::post_json;

use crate::certificates::{Authority, Certified, Usage, Validity};

/// The user that may use the keys of one prefix.
const USER: &str = "users";
const PASSWORD: &str = "tea4two";

/// What a client of an etcd with authentication and mutual TLS needs.
#[derive(Clone, Debug)]
pub struct EtcdFiles {
    folder: PathBuf,
}

impl EtcdFiles {
    /// Writes new ones into `folder`.
    pub(super) fn create(folder: &Path) -> Self {
        let authority = Authority::new("etcd of a test");
        let files = Self {
            folder: folder.to_owned(),
        };
        files.write("ca.pem", &authority.pem());
        files.certified("server", &authority.local_server());
        let client = authority.issue(&["users.example"], Usage::Client, Validity::Now);
        files.certified("client", &client);
        files.write("password", PASSWORD);
        files
    }

    /// The settings of a client: of user-service as of user-client.
    pub fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("ETCD_USERNAME", USER.to_owned()),
            ("ETCD_PASSWORD_FILE", self.path("password")),
            ("ETCD_CA_FILE", self.path("ca.pem")),
            ("ETCD_CERT_FILE", self.path("client.pem")),
            ("ETCD_KEY_FILE", self.path("client.key")),
        ]
    }

    /// What etcd is started with.
    pub(super) fn arguments(&self) -> Vec<String> {
        vec![
            "--client-cert-auth".to_owned(),
            format!("--trusted-ca-file={}", self.path("ca.pem")),
            format!("--cert-file={}", self.path("server.pem")),
            format!("--key-file={}", self.path("server.key")),
            // A token is good for this many seconds without a request: the default is 300.
            "--auth-token-ttl=1".to_owned(),
        ]
    }

    fn certified(&self, name: &str, certified: &Certified) {
        self.write(&format!("{name}.pem"), &certified.certificate);
        self.write(&format!("{name}.key"), &certified.key);
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the folder can be written to");
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// Switches authentication on in the etcd at `port`.
pub(super) fn switch_on(port: u16, prefix: &str) {
    let ask = |path: &str, body: Value| {
        let response = post_json(port, &format!("/v3/auth/{path}"), &body);
        let response = response.unwrap_or_else(|| panic!("etcd has no response to {path}"));
        assert!(response.get("error").is_none(), "{path}: {response}");
    };
    let begin = base64(prefix.as_bytes());
    let end = base64(&[prefix.as_bytes(), &[0xff]].concat());
    let permission = json!({"permType": "READWRITE", "key": begin, "range_end": end});
    for (name, password) in [("root", "root"), (USER, PASSWORD)] {
        ask("user/add", json!({"name": name, "password": password}));
        ask("role/add", json!({"name": name}));
        ask("user/grant", json!({"user": name, "role": name}));
    }
    ask("role/grant", json!({"name": USER, "perm": permission}));
    ask("enable", json!({}));
}

/// As JSON has bytes.
fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
