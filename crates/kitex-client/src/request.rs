//! The request of a gRPC call as a frame of Kitex.

use std::time::Duration;

use bytes::{Buf, Bytes};
use grpc_telemetry::rpc::timeout_of;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use kitex_codec::{Frame, Header, Message, MessageKind, keys};
use tonic::body::Body;

use crate::BoxError;
use crate::transport::Settings;

/// The headers of a trace, each with its key in TTHeader.
const TRACE: [(&str, &str); 3] = [
    ("traceparent", "RPC_TRANSIT_traceparent"),
    ("tracestate", "RPC_TRANSIT_tracestate"),
    ("baggage", "RPC_TRANSIT_baggage"),
];

/// A call that is to be sent.
#[derive(Debug)]
pub(crate) struct OutgoingCall {
    header: Header,
    message: Message,
}

impl OutgoingCall {
    /// The call of `request`.
    ///
    /// # Errors
    /// If it is not a unary call.
    pub(crate) async fn of(settings: &Settings, request: Request<Body>) -> Result<Self, BoxError> {
        let (head, body) = request.into_parts();
        let (_, method) = head.uri.path().rsplit_once('/').unwrap_or_default();
        let message = Message {
            codec: settings.codec,
            kind: MessageKind::Call,
            name: method.to_owned(),
            sequence: 0,
            body: message(body.collect().await?.to_bytes())?,
        };
        let header = header(settings, method, &head.headers);
        Ok(Self { header, message })
    }

    /// The name of its method.
    pub(crate) fn method(&self) -> &str {
        &self.message.name
    }

    /// Its frame, with this number.
    pub(crate) fn frame(&self, sequence: i32) -> Frame {
        let header = Header {
            sequence,
            ..self.header.clone()
        };
        let message = Message {
            sequence,
            ..self.message.clone()
        };
        Frame {
            header: Some(header),
            framed: true,
            payload: message.encode(),
        }
    }
}

/// The only message of a request.
fn message(mut body: Bytes) -> Result<Bytes, BoxError> {
    let compressed = body.try_get_u8()?;
    let length = body.try_get_u32()?;
    match compressed == 0 && u32::try_from(body.len()) == Ok(length) {
        true => Ok(body),
        false => Err("the request is not one message that is not compressed".into()),
    }
}

fn header(settings: &Settings, method: &str, headers: &HeaderMap) -> Header {
    let mut header = Header::default();
    let infos = &mut header.infos;
    infos.set_string(keys::IDL_SERVICE, settings.service);
    for (name, key) in TRACE {
        if let Some(value) = headers.get(name) {
            infos.set_string(key, value.as_bytes().to_vec());
        }
    }
    if let Some(token) = headers.get(AUTHORIZATION) {
        infos.set_string(AUTHORIZATION.as_str(), token.as_bytes().to_vec());
    }
    infos.set_int(keys::TRANSPORT_TYPE, "framed");
    infos.set_int(keys::FROM_SERVICE, settings.caller);
    infos.set_int(keys::TO_SERVICE, settings.registered);
    infos.set_int(keys::TO_METHOD, method.to_owned());
    infos.set_int(keys::MESSAGE_KIND, MessageKind::Call.info());
    if let Some(timeout) = timeout_of(headers) {
        infos.set_int(keys::RPC_TIMEOUT, millis(timeout));
    }
    header
}

/// Whole milliseconds, at least one: 0 stands for no timeout.
fn millis(timeout: Duration) -> String {
    timeout.as_millis().max(1).to_string()
}

#[cfg(test)]
mod tests {
    use kitex_codec::Codec;

    use super::*;

    const SETTINGS: Settings = Settings {
        codec: Codec::Thrift,
        service: "Orders",
        registered: "order-service",
        caller: "shop",
        connect_timeout: Duration::from_secs(1),
        tls: None,
    };

    async fn call(body: &'static [u8]) -> Result<OutgoingCall, BoxError> {
        let body = Body::new(http_body_util::Full::new(Bytes::from_static(body)));
        let request = Request::post("http://host:1/orders.v1.Orders/Get")
            .header("grpc-timeout", "1500u")
            .header("traceparent", "00-a-b-01")
            .header("authorization", "Bearer token");
        OutgoingCall::of(&SETTINGS, request.body(body).unwrap()).await
    }

    #[tokio::test]
    async fn what_grpc_has_in_headers_is_in_infos() {
        let call = call(b"\0\0\0\0\x01a").await.unwrap();
        let frame = call.frame(7);
        let header = frame.header.unwrap();
        assert_eq!(header.sequence, 7);
        assert_eq!(header.timeout(), Some(Duration::from_millis(1)));
        let string = |key| header.infos.string(key);
        assert_eq!(string("isn"), Some("Orders"));
        assert_eq!(string("RPC_TRANSIT_traceparent"), Some("00-a-b-01"));
        assert_eq!(string("authorization"), Some("Bearer token"));
        let message = Message::decode(frame.payload).unwrap();
        assert_eq!((&*message.name, message.sequence), ("Get", 7));
        assert_eq!(message.body, "a");
    }

    #[tokio::test]
    async fn only_one_message_is_a_request() {
        for body in [
            b"".as_slice(),
            b"\x01\0\0\0\x01a",
            b"\0\0\0\0\x01a\0\0\0\0\x01b",
        ] {
            assert!(call(body).await.is_err());
        }
    }
}
