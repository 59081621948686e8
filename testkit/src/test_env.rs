//! One service with what it needs, as the suites share it.

mod backends;
mod builder;

use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;

pub use self::backends::Backends;
pub use self::builder::TestEnvBuilder;
use crate::users::{new_user, plain_client};
use crate::{Database, FaultProxy, Jaeger, Output, Process, RedisDatabase, Sink, Trace};
use crate::{Terminal, UserService, program, user_client};

const NO_DATABASE: &str = "the environment was built with a database";
const NO_CACHE: &str = "the environment was built with a Redis";
const NO_PROXY: &str = "the environment was built with proxies and this store";
const NO_COLLECTOR: &str = "the environment was built with this collector";

/// A user-service that serves, the stores behind it and a collector for the spans of both
/// programs. Dropping it stops all of them, the service first.
///
/// Parts that [`builder`](Self::builder) was not asked for are not there: their accessors panic.
#[derive(Debug)]
pub struct TestEnv {
    /// The service.
    pub service: UserService,
    backends: Backends,
}

impl TestEnv {
    /// An environment without stores and without a collector, to add what the test needs.
    pub fn builder() -> TestEnvBuilder {
        TestEnvBuilder::default()
    }

    /// The usual one: an empty PostgreSQL database, an empty Redis database and a collector.
    ///
    /// # Panics
    /// If a part doesn't start.
    pub async fn start() -> Self {
        let builder = Self::builder().postgres().redis().collector();
        builder.start().await
    }

    /// An empty PostgreSQL database, a collector and these variables of the service.
    ///
    /// # Panics
    /// If a part doesn't start.
    pub async fn configured(variables: &[(&str, &str)]) -> Self {
        let builder = Self::builder().postgres().collector();
        builder.variables(variables).start().await
    }

    async fn on(backends: Backends) -> Self {
        let service = backends.service(&[]).await;
        Self { service, backends }
    }

    /// Another service on the same stores and settings, with `variables` on top.
    ///
    /// # Panics
    /// If it doesn't serve within a minute.
    pub async fn replica(&self, variables: &[(&str, &str)]) -> UserService {
        self.backends.service(variables).await
    }

    /// The URL of the service's gRPC port.
    pub fn url(&self) -> &str {
        self.service.grpc_url()
    }

    /// The endpoint that both programs export to.
    pub fn endpoint(&self) -> String {
        self.backends.endpoint().expect(NO_COLLECTOR)
    }

    /// What both programs export to.
    pub fn sink(&self) -> &Sink {
        self.backends.sink.as_ref().expect(NO_COLLECTOR)
    }

    /// The Jaeger that both programs export to.
    pub fn jaeger(&self) -> &Jaeger {
        self.backends.jaeger.as_ref().expect(NO_COLLECTOR)
    }

    /// The service's database.
    pub fn database(&self) -> &Database {
        self.backends.database.as_ref().expect(NO_DATABASE)
    }

    /// The service's Redis database.
    pub fn cache(&self) -> &RedisDatabase {
        self.backends.cache.as_ref().expect(NO_CACHE)
    }

    /// What stands in front of the database.
    pub fn database_proxy(&self) -> &FaultProxy {
        self.backends.database_proxy.as_ref().expect(NO_PROXY)
    }

    /// What stands in front of Redis.
    pub fn cache_proxy(&self) -> &FaultProxy {
        self.backends.cache_proxy.as_ref().expect(NO_PROXY)
    }

    /// Runs user-client against the service, with the same collector.
    pub async fn client(&self, arguments: &[&str]) -> Output {
        self.client_with(arguments, &[]).await
    }

    /// The same with `variables` on top.
    pub async fn client_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let own = self.backends.client_variables(self.url());
        user_client(arguments, &[&borrowed(&own), variables].concat()).await
    }

    /// Starts user-client against the service, to read what the test writes.
    pub fn typing(&self, arguments: &[&str]) -> Process {
        let own = self.backends.client_variables(self.url());
        Process::start_with_input("user-client", arguments, &borrowed(&own))
    }

    /// Starts user-client against the service on a terminal with so many columns.
    pub fn terminal(&self, arguments: &[&str], columns: u16) -> Terminal {
        let own = self.backends.client_variables(self.url());
        let variables = [&borrowed(&own)[..], &[("TERM", "xterm")]].concat();
        Terminal::start(program("user-client"), arguments, &variables, columns)
    }

    /// A client of tonic alone, which knows nothing of tracing and retries.
    pub async fn plain_client(&self) -> UserServiceClient<Channel> {
        plain_client(self.url()).await
    }

    /// Creates a user and returns its id.
    ///
    /// # Panics
    /// If the service refuses.
    pub async fn a_user(&self) -> i64 {
        let created = self.plain_client().await.create_user(new_user()).await;
        created.expect("a user is created").into_inner().user_id
    }

    /// Stops the service and returns the collector, which then has all of its telemetry.
    ///
    /// # Panics
    /// If the service doesn't end with success.
    pub async fn stop(self) -> Sink {
        self.stop_all().await.sink.expect(NO_COLLECTOR)
    }

    /// Stops the service and returns all traces, complete as both programs flush before they
    /// end, together with the database.
    ///
    /// # Panics
    /// If the service doesn't end with success.
    pub async fn finish(self) -> (Vec<Trace>, Database) {
        let backends = self.stop_all().await;
        let sink = backends.sink.expect(NO_COLLECTOR);
        (
            Trace::all(&sink.spans()),
            backends.database.expect(NO_DATABASE),
        )
    }

    async fn stop_all(self) -> Backends {
        let status = self.service.stop().await;
        assert!(status.success(), "user-service ended with {status}");
        self.backends
    }
}

fn borrowed(variables: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = variables.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}
