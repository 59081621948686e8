//! The streaming calls. A stream has a deadline only if the user gave one, and
//! then for the whole of it.

use std::time::Duration;

use futures_util::{Stream, stream};
use grpc_channel::Idempotent;
use tokio::time::Instant;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::{
    CreateUsersRequest, CreateUsersResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest,
    ListUsersResponse,
};

use super::call_log::CallId;
use super::checks;
use super::{GRACE, UserClient};
use crate::failure::Failure;
use crate::failure::status;
use crate::output::waiting::announced;

/// A stream that is not limited is limited to this, as arithmetic needs a number.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The responses of a stream. Dropping them cancels the call.
#[derive(Debug)]
pub struct Responses<T> {
    responses: Streaming<T>,
    call: StreamCall,
}

/// What is known of a stream's call.
#[derive(Debug)]
struct StreamCall {
    client: UserClient,
    call_id: CallId,
    deadline: Instant,
}

impl<T> Responses<T> {
    /// The next response, or nothing at the end. A wait for it may be cancelled
    /// without losing any.
    ///
    /// # Errors
    /// When the call fails; nothing comes after that.
    pub async fn next(&mut self) -> Result<Option<T>, Failure> {
        let response = tokio::time::timeout_at(self.call.deadline, self.responses.message()).await;
        let response = response.unwrap_or_else(|_| Err(Status::deadline_exceeded("")));
        response.map_err(|status| self.call.failure(&status))
    }

    /// The failure for the status of one response.
    pub fn failure_of(&self, row: &tonic_types::Status) -> Failure {
        self.call.failure(&status::of_row(row))
    }
}

impl StreamCall {
    fn failure(&self, status: &Status) -> Failure {
        let timeout = self.client.stream_timeout.unwrap_or(FOREVER);
        self.client.failure(status, timeout, &self.call_id)
    }

    /// Waits for the service to take the call, and notes it: from then on the
    /// service has a span of it, however the stream ends.
    async fn opened<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Failure> {
        let (result, answered) = match tokio::time::timeout_at(self.deadline, call).await {
            Ok(result) => {
                let answered = result.as_ref().err().is_none_or(status::answered);
                (result, answered)
            }
            Err(_) => (Err(Status::deadline_exceeded("")), false),
        };
        if let Some(span) = self.call_id.span() {
            self.client.call_log.add(span, answered);
        }
        let response = result.map_err(|status| self.failure(&status))?;
        Ok(response.into_inner())
    }
}

impl UserClient {
    /// One call for a list, which is given up at `deadline`.
    pub(super) async fn list_once(
        &self,
        message: ListUsersRequest,
        deadline: Option<Instant>,
    ) -> Result<Responses<ListUsersResponse>, Failure> {
        let (request, call) = self.stream_request(message, deadline);
        let mut calls = self.calls.clone();
        let opening = announced(|| self.waiting(), calls.list_users(request));
        let responses = call.opened(opening).await?;
        Ok(Responses { responses, call })
    }

    /// Creates all these users that can be.
    ///
    /// # Errors
    /// When the call fails. A user that can't be created is part of the response.
    pub async fn create_many(
        &self,
        users: Vec<CreateUsersRequest>,
    ) -> Result<CreateUsersResponse, Failure> {
        let rows = users.len();
        let have_request_ids = users.iter().all(|user| !user.request_id.is_empty());
        let deadline = self.stream_deadline();
        let (mut request, call) = self.stream_request(stream::iter(users), deadline);
        if have_request_ids {
            request.extensions_mut().insert(Idempotent);
        }
        let mut calls = self.calls.clone();
        let response = call.opened(calls.create_users(request)).await?;
        checks::of_rows(rows, response)
    }

    /// Looks up users as `requests` arrive, and responds in their order.
    ///
    /// # Errors
    /// When the call fails. A missing user is a response.
    pub async fn get_many(
        &self,
        requests: impl Stream<Item = GetUsersRequest> + Send + 'static,
    ) -> Result<Responses<GetUsersResponse>, Failure> {
        let (request, call) = self.stream_request(requests, self.stream_deadline());
        let mut calls = self.calls.clone();
        let opening = announced(|| self.waiting(), calls.get_users(request));
        let responses = call.opened(opening).await?;
        Ok(Responses { responses, call })
    }

    /// When a stream that begins now is given up, if ever.
    pub(super) fn stream_deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.stream_timeout?)
    }

    fn stream_request<T>(&self, message: T, deadline: Option<Instant>) -> (Request<T>, StreamCall) {
        let call_id = CallId::default();
        let mut request = Request::new(message);
        if let Some(deadline) = deadline {
            request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        request.extensions_mut().insert(call_id.clone());
        let call = StreamCall {
            client: self.clone(),
            call_id,
            deadline: deadline.unwrap_or_else(|| Instant::now() + FOREVER) + GRACE,
        };
        (request, call)
    }
}
