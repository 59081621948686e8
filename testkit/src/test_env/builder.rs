//! Which parts an environment has.

use super::{Backends, TestEnv};
use crate::{Database, FaultProxy, Jaeger, Sink, redis_database};

/// Chooses the parts of a [`TestEnv`]. Without a database the service has its SQLite file,
/// without Redis its cache in memory, and without a collector neither program exports.
#[derive(Debug, Default)]
pub struct TestEnvBuilder {
    postgres: bool,
    database: Option<Database>,
    redis: bool,
    proxies: bool,
    collector: Collector,
    variables: Vec<(String, String)>,
}

#[derive(Debug, Default)]
enum Collector {
    #[default]
    None,
    Sink,
    Jaeger,
}

impl TestEnvBuilder {
    /// An empty PostgreSQL database.
    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// This PostgreSQL database.
    pub fn database(mut self, database: Database) -> Self {
        self.database = Some(database);
        self
    }

    /// An empty Redis database.
    pub fn redis(mut self) -> Self {
        self.redis = true;
        self
    }

    /// A [`FaultProxy`] in front of each store.
    pub fn proxies(mut self) -> Self {
        self.proxies = true;
        self
    }

    /// A collector, to compare what both programs export.
    pub fn collector(mut self) -> Self {
        self.collector = Collector::Sink;
        self
    }

    /// A Jaeger, which user-client queries for traces.
    pub fn jaeger(mut self) -> Self {
        self.collector = Collector::Jaeger;
        self
    }

    /// Sets variables of the service; they override its own, and earlier ones.
    pub fn variables(mut self, variables: &[(&str, &str)]) -> Self {
        self.variables.extend(owned(variables));
        self
    }

    /// Starts all parts and the service.
    ///
    /// # Panics
    /// If a part doesn't start.
    pub async fn start(self) -> TestEnv {
        TestEnv::on(self.backends().await).await
    }

    /// Starts all parts but the service: for tests that start several services themselves.
    ///
    /// # Panics
    /// If a part doesn't start.
    pub async fn backends(self) -> Backends {
        let mut backends = Backends::default();
        match self.collector {
            Collector::None => {}
            Collector::Sink => backends.sink = Some(sink().await),
            Collector::Jaeger => backends.jaeger = Some(Jaeger::start().await),
        }
        backends.database = match (self.database, self.postgres) {
            (Some(database), _) => Some(database),
            (None, true) => Some(Database::create().await),
            (None, false) => None,
        };
        backends.cache = self.redis.then(redis_database);
        let mut stores = Vec::new();
        if let Some(database) = &backends.database {
            let (url, proxy) = way(database.url(), self.proxies).await;
            backends.database_proxy = proxy;
            stores.push(("DATABASE_URL".to_owned(), url));
        }
        if let Some(cache) = &backends.cache {
            let (url, proxy) = way(cache.url(), self.proxies).await;
            backends.cache_proxy = proxy;
            stores.push(("REDIS_URL".to_owned(), url));
        }
        stores.extend(backends.telemetry_variables());
        backends.variables = [stores, self.variables].concat();
        backends
    }
}

async fn sink() -> Sink {
    let any = "127.0.0.1:0".parse().expect("an address");
    Sink::bind(any).await.expect("there is a free port")
}

/// The URL that the service gets for the store at `url`.
async fn way(url: &str, proxied: bool) -> (String, Option<FaultProxy>) {
    if !proxied {
        return (url.to_owned(), None);
    }
    let proxy = FaultProxy::in_front_of(url).await;
    (proxy.url().to_owned(), Some(proxy))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = variables.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
