//! A user-service on stores of its own, with a sink for the spans of both programs.

use http::Response;
use http_body_util::BodyExt;
use testkit::{
    Database, Output, Process, RedisDatabase, Sink, Trace, UserService, redis_database, user_client,
};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use user_proto::v1::CreateUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

/// One service and what it stands on.
pub(crate) struct Pair {
    database: Database,
    _redis: Option<RedisDatabase>,
    sink: Sink,
    service: UserService,
}

impl Pair {
    /// A service with an empty database and an empty cache.
    pub(crate) async fn start() -> Self {
        Self::on(Database::create().await).await
    }

    /// A service with `database` and an empty cache in Redis.
    pub(crate) async fn on(database: Database) -> Self {
        let cache = redis_database();
        let variables = [("REDIS_URL", cache.url())];
        let pair = Self::configured(database, &variables).await;
        Self {
            _redis: Some(cache),
            ..pair
        }
    }

    /// A service with `database` and these variables.
    pub(crate) async fn configured(database: Database, variables: &[(&str, &str)]) -> Self {
        let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let endpoint = sink.endpoint();
        let own = [
            ("DATABASE_URL", database.url()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ];
        let service = UserService::start(&[&own, variables].concat()).await;
        Self {
            database,
            _redis: None,
            sink,
            service,
        }
    }

    /// Runs user-client against the service, with its spans going to the same sink.
    pub(crate) async fn client(&self, arguments: &[&str]) -> Output {
        self.client_with(arguments, &[]).await
    }

    /// The same with these variables.
    pub(crate) async fn client_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Output {
        let endpoint = self.sink.endpoint();
        let own = [
            ("USER_SERVICE", self.service.grpc_url()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ];
        user_client(arguments, &[&own, variables].concat()).await
    }

    /// Starts user-client against the service, to read what the test writes.
    pub(crate) fn typing(&self, arguments: &[&str]) -> Process {
        let endpoint = self.sink.endpoint();
        let own = [
            ("USER_SERVICE", self.service.grpc_url()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ];
        Process::start_with_input("user-client", arguments, &own)
    }

    /// The OTLP endpoint that the spans go to.
    pub(crate) fn collector(&self) -> String {
        self.sink.endpoint()
    }

    /// The URL of the service's gRPC port.
    pub(crate) fn url(&self) -> &str {
        self.service.grpc_url()
    }

    /// A client that knows nothing of tracing.
    pub(crate) async fn plain_client(&self) -> UserServiceClient<Channel> {
        plain_client(&self.service).await
    }

    /// The service, to do to it what happens to services.
    pub(crate) fn service(&mut self) -> &mut UserService {
        &mut self.service
    }

    /// The service's database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Where the telemetry of both programs goes.
    pub(crate) fn sink(&self) -> &Sink {
        &self.sink
    }

    /// Stops the service and answers where its telemetry went.
    pub(crate) async fn stop(self) -> Sink {
        let status = self.service.stop().await;
        assert!(status.success(), "user-service ended with {status}");
        self.sink
    }

    /// Stops the service and answers all traces, complete as both programs
    /// flush before they end, together with the database.
    pub(crate) async fn finish(self) -> (Vec<Trace>, Database) {
        let status = self.service.stop().await;
        assert!(status.success(), "user-service ended with {status}");
        (Trace::all(&self.sink.spans()), self.database)
    }
}

/// A client of `service` that knows nothing of tracing.
pub(crate) async fn plain_client(service: &UserService) -> UserServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned()).unwrap();
    UserServiceClient::new(endpoint.connect().await.unwrap()).max_decoding_message_size(64 << 20)
}

/// A trace of a caller that is not ours.
pub(crate) const FOREIGN_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request in that trace, from its span `00f067aa0ba902b7`.
pub(crate) fn traced<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let traceparent = format!("00-{FOREIGN_TRACE}-00f067aa0ba902b7-01");
    request
        .metadata_mut()
        .insert("traceparent", traceparent.parse().unwrap());
    request
}

/// Sends a request that need not be one of gRPC, and answers the status that came back.
pub(crate) async fn send(service: &UserService, request: http::Request<Body>) -> Status {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned()).unwrap();
    let mut channel: Channel = endpoint.connect().await.unwrap();
    std::future::poll_fn(|task| channel.poll_ready(task))
        .await
        .unwrap();
    let response: Response<Body> = channel.call(request).await.unwrap();
    let (head, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned();
    let status = Status::from_header_map(&head.headers);
    status
        .or_else(|| Status::from_header_map(&trailers.unwrap_or_default()))
        .unwrap()
}

/// A client of `url` that takes little at a time, so that a stream soon has to wait for it.
pub(crate) async fn client_of_small_windows(url: &str) -> UserServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    // Streams that wait must leave room on the connection for the others.
    let endpoint = endpoint
        .initial_stream_window_size(16 * 1024)
        .initial_connection_window_size(1024 * 1024);
    UserServiceClient::new(endpoint.connect().await.unwrap())
}

/// A user to create.
pub(crate) fn ada() -> CreateUserRequest {
    CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        ..CreateUserRequest::default()
    }
}

/// The one trace of `traces` in which a span has this name.
pub(crate) fn the_trace_with<'a>(traces: &'a [Trace], name: &str) -> &'a Trace {
    let has = |trace: &&Trace| trace.spans().iter().any(|it| it.span.name == name);
    let found: Vec<&Trace> = traces.iter().filter(has).collect();
    let [trace] = found[..] else {
        let all: Vec<String> = traces.iter().map(Trace::tree).collect();
        panic!(
            "{} traces have a span {name}, of these:\n{}",
            found.len(),
            all.join("\n")
        );
    };
    trace
}
