//! What a Nacos responds.

use std::future::pending;
use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::instances::Key;
use super::parameters::Parameters;
use super::{NACOS_USER, NacosFault, NacosVersion, Shared};

const V3: &str = "/nacos/v3/client/ns/instance";
const V1: &str = "/nacos/v1/ns/instance";
const MAX_BODY_BYTES: usize = 64 * 1024;

pub(super) async fn respond(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let fault = shared.state().fault;
    match fault {
        NacosFault::Hangs => pending::<()>().await,
        NacosFault::Nonsense => return "<html>welcome to nginx</html>".into_response(),
        NacosFault::Fails => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        NacosFault::None | NacosFault::Empty => {}
    }
    let path = head.uri.path();
    if path.starts_with("/nacos/v2/") {
        return StatusCode::GONE.into_response();
    }
    let missing = match shared.version {
        NacosVersion::V3_0 => "/none",
        NacosVersion::V3_2 => "/nacos/v1/",
        NacosVersion::V2 => "/nacos/v3/",
    };
    if path.starts_with(missing) {
        return StatusCode::NOT_FOUND.into_response();
    }
    if path.ends_with("/login") {
        return login(&shared, &body);
    }
    if shared.asks_for_login && !is_known(&shared, &head.headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let parameters = Parameters::of(head.uri.query().unwrap_or_default(), &body);
    let path = path.to_owned();
    perform(
        &shared,
        &head.method,
        &path,
        &parameters,
        fault == NacosFault::Empty,
    )
}

/// The user and the password are in the body, never in the URL.
fn login(shared: &Shared, body: &Bytes) -> Response {
    let form = Parameters::of("", body);
    let given = ["username", "password"].map(|it| form.get(it));
    if given != [NACOS_USER.0, NACOS_USER.1] {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut state = shared.state();
    state.logins += 1;
    let token = format!("token-{}", state.logins);
    state.tokens.insert(token.clone());
    let granted = json!({"accessToken": token, "tokenTtl": 18_000, "globalAdmin": true});
    granted.to_string().into_response()
}

fn is_known(shared: &Shared, headers: &http::HeaderMap) -> bool {
    let header = headers.get("authorization").and_then(|it| it.to_str().ok());
    let token = header.and_then(|it| it.strip_prefix("Bearer "));
    token.is_some_and(|it| shared.state().tokens.contains(it))
}

fn perform(
    shared: &Shared,
    method: &Method,
    path: &str,
    parameters: &Parameters,
    is_empty: bool,
) -> Response {
    let is_v3 = path.starts_with("/nacos/v3/");
    let key = parameters.key(!is_v3 && path.ends_with("/list"));
    let mut state = shared.state();
    match (
        method.as_str(),
        path.trim_start_matches(V3).trim_start_matches(V1),
    ) {
        ("GET", "/list") => {
            let found = match is_empty {
                true => Vec::new(),
                false => state.instances.list(&key[..4]),
            };
            match is_v3 {
                true => enveloped(0, found.into()),
                false => listed(&key, &found),
            }
        }
        ("POST", "") if parameters.get("heartBeat") == "true" => match state.instances.beat(&key) {
            true => enveloped(0, "ok".into()),
            false => enveloped(21_003, Value::Null),
        },
        ("PUT", "/beat") if !is_v3 => {
            let code = match state.instances.beat(&key) {
                true => 10_200,
                false => 20_404,
            };
            let result =
                json!({"clientBeatInterval": 5_000, "code": code, "lightBeatEnabled": true});
            result.to_string().into_response()
        }
        ("POST", "") => {
            let weight = parameters.get("weight").parse().unwrap_or(1.0);
            let metadata = serde_json::from_str(parameters.get("metadata"));
            let metadata = metadata.unwrap_or_else(|_| json!({}));
            state.instances.register(key, weight, metadata);
            done(is_v3)
        }
        ("DELETE", "") => {
            state.instances.remove(&key);
            done(is_v3)
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The list of v1.
fn listed(key: &Key, found: &[Value]) -> Response {
    let list = json!({
        "name": format!("{}@@{}", key[1], key[3]),
        "groupName": key[1],
        "clusters": key[2],
        "cacheMillis": 10_000,
        "hosts": found,
    });
    list.to_string().into_response()
}

fn done(is_v3: bool) -> Response {
    match is_v3 {
        true => enveloped(0, "ok".into()),
        false => "ok".into_response(),
    }
}

fn enveloped(code: i64, data: Value) -> Response {
    let message = match code {
        0 => "success",
        _ => "instance not found",
    };
    json!({"code": code, "message": message, "data": data})
        .to_string()
        .into_response()
}
