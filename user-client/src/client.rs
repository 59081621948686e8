//! Calls to user-service: typed, traced, and never longer than their deadline.

use std::future::Future;
use std::time::Duration;

use grpc_channel::{Builder, CONNECT_TIMEOUT, Channel, Connection, Error, Idempotent};
use grpc_telemetry::Telemetry;
use tonic::{Request, Response, Status};
use user_proto::v1::{CreateUserRequest, FILE_DESCRIPTOR_SET, GetUserRequest, User};

use crate::args::Protocol;
use crate::failure::status::{self, Circumstances};
use crate::failure::{self, Failure};
use crate::output::waiting::announced;

pub mod call_log;
mod calls;
pub(crate) mod checks;
mod list;
pub mod setup;
mod streams;
mod thrift;

use call_log::{CallId, CallLog};
pub use calls::Calls;
pub use list::Listed;
pub use streams::Responses;

/// How much later than the deadline this program gives up by itself. Usually the service or the
/// channel's own timer comes first, and the span shows which.
pub(crate) const GRACE: Duration = Duration::from_millis(100);
/// The default deadline of calls with one response.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest response that is accepted: all rows of a CreateUsers call may be rejected, with details.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;

/// A client of one user-service. Clones share its connection.
#[derive(Clone, Debug)]
pub struct UserClient {
    calls: Calls<Channel>,
    protocol: Protocol,
    builder: Builder,
    timeout: Duration,
    stream_timeout: Option<Duration>,
    call_log: CallLog,
}

impl UserClient {
    /// A client of the service that `builder` calls in `protocol`. Its calls take at most `timeout` each
    /// and are noted in `call_log` and traced by `telemetry`. Without a timeout, calls with a
    /// single response have a default and streams take as long as they take. It connects with the first call.
    ///
    /// # Errors
    /// When the channel can't be set up.
    pub fn open(
        builder: Builder,
        protocol: Protocol,
        timeout: Option<Duration>,
        call_log: CallLog,
        telemetry: &Telemetry,
    ) -> Result<Self, Failure> {
        let stream_timeout = timeout;
        let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT);
        let builder = builder
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .methods(&[FILE_DESCRIPTOR_SET])
            .map_err(failure::channel::failure)?
            .observe_attempts(call_log::trace);
        let channel = builder.open(telemetry).map_err(failure::channel::failure)?;
        Ok(Self {
            calls: Calls::new(channel, protocol),
            protocol,
            builder,
            timeout,
            stream_timeout,
            call_log,
        })
    }

    /// Calls over connections of their own to the service, without spans and retries: for load.
    ///
    /// # Errors
    /// When there is no connection.
    pub async fn connection(&self) -> Result<Calls<Connection>, Failure> {
        let connecting = announced(|| self.waiting(), self.builder.connect());
        let connection = connecting.await.map_err(|error| match error {
            Error::Connect(cause) => {
                let status = Status::from_error(cause);
                self.failure(&status, self.timeout, &CallId::default())
            }
            error => failure::channel::failure(error),
        })?;
        Ok(Calls::new(connection, self.protocol))
    }

    /// The user with this id.
    ///
    /// # Errors
    /// When the call fails, in particular if there is no such user.
    pub async fn get(&self, user_id: i64) -> Result<User, Failure> {
        let (request, call_id) = self.request(GetUserRequest { user_id });
        let mut calls = self.calls.clone();
        let response = self.finish(&call_id, calls.get_user(request)).await?;
        let user = response
            .user
            .ok_or_else(|| Failure::new("user-service returned no user; its version may differ"))?;
        checks::user_with_id(user_id, user)
    }

    /// Creates a user and returns its id.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn create(&self, user: CreateUserRequest) -> Result<i64, Failure> {
        let has_request_id = !user.request_id.is_empty();
        let (mut request, call_id) = self.request(user);
        if has_request_id {
            request.extensions_mut().insert(Idempotent);
        }
        let mut calls = self.calls.clone();
        let response = self.finish(&call_id, calls.create_user(request)).await?;
        checks::new_id(response.user_id)
    }

    fn request<T>(&self, message: T) -> (Request<T>, CallId) {
        let call_id = CallId::default();
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request.extensions_mut().insert(call_id.clone());
        (request, call_id)
    }

    /// Waits for a call within its deadline and notes it.
    async fn finish<T>(
        &self,
        call_id: &CallId,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Failure> {
        let limit = self.timeout.saturating_add(GRACE);
        let call = announced(|| self.waiting(), call);
        let (result, answered) = match tokio::time::timeout(limit, call).await {
            Ok(Ok(response)) => (Ok(response.into_inner()), true),
            Ok(Err(status)) => {
                let answered = status::answered(&status);
                (Err(status), answered)
            }
            Err(_) => (Err(Status::deadline_exceeded("")), false),
        };
        if let Some(span) = call_id.span() {
            self.call_log.add(span, answered);
        }
        result.map_err(|status| self.failure(&status, self.timeout, call_id))
    }

    /// What a long wait for a response is announced with.
    fn waiting(&self) -> String {
        format!("waiting for user-service at {}", self.builder.target())
    }

    fn failure(&self, status: &Status, timeout: Duration, call_id: &CallId) -> Failure {
        let circumstances = Circumstances {
            server: &self.builder.target().to_string(),
            timeout,
            trace_id: call_id.span().map(|span| span.trace_id()),
        };
        status::failure(status, circumstances)
    }
}
