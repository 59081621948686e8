//! A kube-apiserver and its etcd, without nodes and controllers: admission is what is wanted of them.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tempfile::TempDir;
use xtask::programs;

use crate::Result;
use crate::child::{self, KillOnDrop};

/// How long the server may take until it is ready.
const READY_LIMIT: Duration = Duration::from_secs(120);
/// Only this server takes it, on the loopback interface, for as long as the test runs.
const TOKEN: &str = "apply-test";

/// The processes; they end with it.
pub(super) struct ApiServer {
    // In the order in which they stop.
    _api: KillOnDrop,
    _etcd: KillOnDrop,
    folder: TempDir,
}

impl ApiServer {
    /// Starts both, and waits until the server is ready.
    pub(super) fn start() -> Result<Self> {
        let api = program("kube-apiserver")?;
        let etcd = program("etcd")?;
        let folder = TempDir::new().map_err(|error| format!("no folder for etcd: {error}"))?;
        let [client, peer, secure] = free_ports()?;
        let etcd = KillOnDrop::start(&mut etcd_command(&etcd, folder.path(), client, peer))?;
        write_secrets(folder.path(), secure)?;
        let api = KillOnDrop::start(&mut api_command(&api, folder.path(), client, secure))?;
        let mut server = Self {
            _api: api,
            _etcd: etcd,
            folder,
        };
        server.wait()?;
        Ok(server)
    }

    /// The file by which kubectl finds it.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    fn wait(&mut self) -> Result {
        let mut ask = Command::new("kubectl");
        ask.args(["get", "--raw", "/readyz"])
            .env("KUBECONFIG", self.kubeconfig())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let ready = child::poll(READY_LIMIT, &AtomicBool::new(false), || {
            let status = ask.status().ok()?;
            (status.success() || self._api.ended().is_some()).then_some(status.success())
        });
        match ready {
            Some(true) => Ok(()),
            _ => Err(format!(
                "kube-apiserver is not ready:\n{}",
                self.last_lines()
            )),
        }
    }

    fn last_lines(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}

fn program(name: &str) -> Result<PathBuf> {
    programs::find(name).ok_or_else(|| {
        format!("{name} is not in PATH: install it, or name a cluster in KUBECONFIG")
    })
}

/// Ports that were free a moment ago, all of them different.
fn free_ports() -> Result<[u16; 3]> {
    let port = || -> std::io::Result<(TcpListener, u16)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    let no_port = |error| format!("no free port: {error}");
    let (a, b, c) = (
        port().map_err(no_port)?,
        port().map_err(no_port)?,
        port().map_err(no_port)?,
    );
    Ok([a.1, b.1, c.1])
}

fn etcd_command(program: &Path, folder: &Path, client: u16, peer: u16) -> Command {
    let client = format!("http://127.0.0.1:{client}");
    let peer = format!("http://127.0.0.1:{peer}");
    let mut etcd = Command::new(program);
    etcd.arg("--data-dir")
        .arg(folder.join("etcd"))
        .args(["--listen-client-urls", &client])
        .args(["--advertise-client-urls", &client])
        .args(["--listen-peer-urls", &peer])
        .args(["--initial-advertise-peer-urls", &peer])
        .args(["--initial-cluster", &format!("default={peer}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    etcd
}

/// The key of service accounts, the token of this test, and the file for kubectl.
fn write_secrets(folder: &Path, secure: u16) -> Result {
    let key = folder.join("accounts.key");
    child::output(Command::new("openssl").args(["genrsa", "-out"]).arg(&key))?;
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters: [{{ name: test, cluster: {{ server: \"https://127.0.0.1:{secure}\", insecure-skip-tls-verify: true }} }}]\n\
         users: [{{ name: test, user: {{ token: {TOKEN} }} }}]\n\
         contexts: [{{ name: test, context: {{ cluster: test, user: test }} }}]\n"
    );
    let tokens = format!("{TOKEN},test,1,system:masters\n");
    for (name, text) in [("kubeconfig", kubeconfig), ("tokens", tokens)] {
        fs::write(folder.join(name), text)
            .map_err(|error| format!("can't write {name}: {error}"))?;
    }
    Ok(())
}

fn api_command(program: &Path, folder: &Path, etcd: u16, secure: u16) -> Command {
    let key = folder.join("accounts.key");
    let log = fs::File::create(folder.join("log")).map_or_else(|_| Stdio::null(), Stdio::from);
    let mut api = Command::new(program);
    api.arg(format!("--etcd-servers=http://127.0.0.1:{etcd}"))
        .arg(format!("--secure-port={secure}"))
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        // No pod calls it, and a loopback address may not be advertised.
        .arg("--endpoint-reconciler-type=none")
        .arg("--service-cluster-ip-range=10.0.0.0/24")
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .arg(with_path("--service-account-key-file", &key))
        .arg(with_path("--service-account-signing-key-file", &key))
        .arg(with_path("--token-auth-file", &folder.join("tokens")))
        .arg(with_path("--cert-dir", &folder.join("certificates")))
        .arg("--authorization-mode=RBAC")
        // As clusters do: Pod Security decides, by namespace.
        .arg("--allow-privileged=true")
        // Accounts named `default` are made by a controller.
        .arg("--disable-admission-plugins=ServiceAccount")
        .stdout(Stdio::null())
        .stderr(log);
    api
}

fn with_path(flag: &str, path: &Path) -> String {
    format!("{flag}={}", path.display())
}
