//! A Nacos for tests: the HTTP APIs of ephemeral instances, with the behaviour that a real
//! Nacos 3.0.3 was seen to have. It can be slow, wrong, empty and gone.

mod api;
mod instances;
mod parameters;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use self::instances::Instances;

/// The user name and the password, where it has authentication switched on.
pub const NACOS_USER: (&str, &str) = ("nacos", "s3cret");

/// When an instance without beats is unhealthy, as a real Nacos has it.
const UNHEALTHY: Duration = Duration::from_secs(15);

/// The address of the Nacos that `TEST_NACOS_URL` names, such as `http://127.0.0.1:8848`; else that
/// of an emulator, and the emulator. A real one must not have authentication on.
///
/// # Panics
/// If the variable has no host and port.
pub async fn nacos_for_test() -> (String, Option<Nacos>) {
    let Ok(url) = std::env::var("TEST_NACOS_URL") else {
        let nacos = Nacos::start(NacosVersion::V3_0, UNHEALTHY).await;
        return (nacos.address(), Some(nacos));
    };
    let url: Url = url.parse().expect("TEST_NACOS_URL is a URL");
    let host = url.host_str().expect("TEST_NACOS_URL has a host");
    let port = url.port_or_known_default().expect("it has a port");
    (format!("{host}:{port}"), None)
}

/// Which APIs a server has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NacosVersion {
    /// Both: v3 and v1.
    #[default]
    V3_0,
    /// The v3 API alone.
    V3_2,
    /// The v1 API alone: v3 is 404.
    V2,
}

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NacosFault {
    /// Nothing.
    #[default]
    None,
    /// It takes requests and never responds.
    Hangs,
    /// It responds with a page of HTML.
    Nonsense,
    /// Its lists are empty.
    Empty,
    /// It responds with status 500.
    Fails,
}

/// A Nacos of one server. Dropping it stops it.
#[derive(Debug)]
pub struct Nacos {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    version: NacosVersion,
    asks_for_login: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    fault: NacosFault,
    instances: Instances,
    /// Tokens that are good.
    tokens: BTreeSet<String>,
    logins: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Nacos {
    /// A server of `version`, open to all, on a free port of 127.0.0.1, that calls an instance
    /// unhealthy after `unhealthy` without a beat, and forgets it after twice that. A real one has 15 s.
    pub async fn start(version: NacosVersion, unhealthy: Duration) -> Self {
        Self::with(version, unhealthy, false).await
    }

    /// The same for [`NACOS_USER`] alone.
    pub async fn with_login(version: NacosVersion, unhealthy: Duration) -> Self {
        Self::with(version, unhealthy, true).await
    }

    async fn with(version: NacosVersion, unhealthy: Duration, asks_for_login: bool) -> Self {
        let state = State {
            instances: Instances::new(unhealthy),
            ..State::default()
        };
        let mut nacos = Self {
            address: ([127, 0, 0, 1], 0).into(),
            shared: Arc::new(Shared {
                version,
                asks_for_login,
                state: Mutex::new(state),
            }),
            serving: None,
        };
        nacos.restart().await;
        nacos
    }

    /// Where it is, such as `127.0.0.1:8848`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Makes it wrong, or right again.
    pub fn set_fault(&self, fault: NacosFault) {
        self.shared.state().fault = fault;
    }

    /// Refuses connections, and breaks those that are open.
    pub async fn kill(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            // Until it is over, its port is taken.
            let _ = serving.await;
        }
    }

    /// Serves again at the same address, with the instances that it had.
    ///
    /// # Panics
    /// If it can't listen there.
    pub async fn restart(&mut self) {
        self.kill().await;
        let listener = TcpListener::bind(self.address).await;
        let listener = listener.expect("the port is free");
        self.address = listener.local_addr().expect("it listens");
        let app = Router::new().fallback(api::respond);
        let app = app.with_state(Arc::clone(&self.shared));
        self.serving = Some(tokio::spawn(async move {
            axum::serve(listener, app).await.expect("it serves");
        }));
    }

    /// Forgets all instances, as a server does that starts without its peers.
    pub fn forget_all(&self) {
        self.shared.state().instances.clear();
    }

    /// No token is good any more.
    pub fn expire_tokens(&self) {
        self.shared.state().tokens.clear();
    }

    /// How many logins there were.
    pub fn logins(&self) -> usize {
        self.shared.state().logins
    }

    /// The addresses of all healthy instances of `service`, in order.
    pub fn healthy(&self, service: &str) -> Vec<String> {
        let state = self.shared.state();
        let mut found: Vec<_> = state.instances.healthy(service).collect();
        found.sort_unstable();
        found
    }
}

impl Drop for Nacos {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}
