//! A user-service that takes calls with a token only.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use http::{HeaderValue, Request};
use tempfile::NamedTempFile;
use testkit::{ReceivedSpan, TestEnv, text};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use user_proto::v1::{CreateUserRequest, GetUserRequest};

use crate::issuer::{AUDIENCE, ISSUER, Issuer};
use crate::raw::{Answer, RawClient, call, message, whole};

/// The message for every caller whose token isn't trusted.
pub(crate) const UNAUTHENTICATED: &str =
    "the call has no valid token: send one as `authorization: Bearer TOKEN`";

/// A refusal waits for nothing, so that only a busy machine delays it.
const SOON: Duration = Duration::from_secs(2);

/// The service, its keys, and where its spans go.
pub(crate) struct AuthEnv {
    pub(crate) env: TestEnv,
    pub(crate) issuer: Issuer,
    pub(crate) key_file: NamedTempFile,
    pub(crate) client: RawClient,
}

impl AuthEnv {
    /// Starts it with `variables` on top.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let issuer = Issuer::new();
        let key_file = NamedTempFile::new().unwrap();
        fs::write(&key_file, issuer.keys()).unwrap();
        let own = [
            // Reflection is refused like other calls here, which its spans show.
            ("TRACE_HEALTH", "true"),
            ("AUTH_JWKS_FILE", key_file.path().to_str().unwrap()),
            ("AUTH_ISSUER", ISSUER),
            ("AUTH_AUDIENCE", AUDIENCE),
        ];
        let builder = TestEnv::builder().collector().variables(&own);
        let env = builder.variables(variables).start().await;
        let client = RawClient::connect(env.url()).await;
        Self {
            env,
            issuer,
            key_file,
            client,
        }
    }

    /// Stops the service and returns all its spans.
    pub(crate) async fn spans(self) -> Vec<ReceivedSpan> {
        self.env.stop().await.spans()
    }

    /// Stops the service and returns why each call was rejected, by the id of its trace.
    pub(crate) async fn refusals(self) -> HashMap<String, String> {
        let spans = self.spans().await;
        let refused = |span: &ReceivedSpan| {
            let why = text(span, "call.refused")?.to_owned();
            Some((hex(&span.span.trace_id), why))
        };
        spans.iter().filter_map(refused).collect()
    }
}

/// A call of GetUser with these values of `authorization`.
pub(crate) fn get_user(authorization: &[HeaderValue]) -> http::request::Builder {
    let mut request = call("GetUser");
    for value in authorization {
        request = request.header("authorization", value);
    }
    request
}

/// `Bearer` and a token.
pub(crate) fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap()
}

/// Sends `request` with a good message for its method.
pub(crate) async fn send(client: &RawClient, request: http::request::Builder) -> Answer {
    let path = request.uri_ref().unwrap().path().to_owned();
    let body = match path.contains("Create") {
        true => message(&CreateUserRequest {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            ..CreateUserRequest::default()
        }),
        false => message(&GetUserRequest { user_id: 4711 }),
    };
    let request: Request<_> = request.body(whole(body)).unwrap();
    client.send(request).await.unwrap()
}

/// Whether the call got as far as the users: there is no user 4711.
pub(crate) fn passed(answer: &Answer) -> bool {
    answer.code() == Some(Code::NotFound)
}

/// Ends the test if `answer` tells a caller whose token isn't trusted anything else than all others.
pub(crate) fn assert_unauthenticated(answer: &Answer, what: &str) {
    assert_refused(answer, what, Code::Unauthenticated, UNAUTHENTICATED);
}

/// Ends the test if `answer` isn't exactly this.
pub(crate) fn assert_refused(answer: &Answer, what: &str, code: Code, message: &str) {
    assert_eq!(answer.http, 200, "{what}");
    assert!(answer.took < SOON, "{what} took {:?}", answer.took);
    let status = answer
        .status
        .as_ref()
        .unwrap_or_else(|| panic!("{what}: no status"));
    assert_eq!((status.code(), status.message()), (code, message), "{what}");
    assert_eq!(
        reason(status),
        grpc_telemetry::rpc::code_name(code),
        "{what}"
    );
    let details = status.get_error_details();
    assert!(details.request_info().is_some(), "{what}: no trace id");
}

/// The word for a program.
pub(crate) fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details
        .error_info()
        .map_or_else(String::new, |it| it.reason.clone())
}

/// The id of the trace of call `number`.
pub(crate) fn trace_id(number: usize) -> String {
    format!("{:032x}", number + 1)
}

/// The header that puts call `number` into its trace.
pub(crate) fn traceparent(number: usize) -> String {
    format!("00-{}-00000000000000aa-01", trace_id(number))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
