//! A call as the HTTP request of a gRPC call.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use grpc_server::RequestBody;
use grpc_telemetry::rpc::KitexCall;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri, Version};
use kitex_codec::{Codec, Infos, StreamFrame, keys};

use crate::call::IncomingCall;
use crate::headers;
use crate::service::KitexService;

/// The content type of requests whose messages are Thrift.
pub const THRIFT: &str = "application/grpc+thrift";
/// What admits them, in the codecs of [`CallLimits`](grpc_server::CallLimits::codecs).
pub const THRIFT_CODEC: &str = "thrift";
/// That of requests whose messages are protobuf.
const PROTOBUF: &str = "application/grpc";
/// What gRPC puts in front of a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Stands for what is in no name of a method. No protobuf method has it in its name, so that
/// none is called by another name.
const OTHER: &str = "-";

/// The request for `call` with these `arguments`.
pub(crate) fn request(
    service: &KitexService,
    call: &IncomingCall,
    arguments: &[u8],
) -> Request<RequestBody> {
    let content_type = match call.message().codec {
        Codec::Thrift => THRIFT,
        Codec::Protobuf => PROTOBUF,
    };
    let infos = call.header().map(|header| &header.infos);
    let uri = uri(service, call.service(), &call.message().name);
    post(
        uri,
        content_type,
        infos,
        RequestBody::whole(prefixed(arguments)),
    )
}

/// The request for the stream that `header` begins.
pub(crate) fn stream_request(
    service: &KitexService,
    header: &StreamFrame,
    body: RequestBody,
) -> Request<RequestBody> {
    let named = header.infos.string(keys::IDL_SERVICE);
    let uri = uri(service, named, &header.method);
    post(uri, THRIFT, Some(&header.infos), body)
}

fn post(
    uri: Uri,
    content_type: &'static str,
    infos: Option<&Infos>,
    body: RequestBody,
) -> Request<RequestBody> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = uri;
    request.extensions_mut().insert(KitexCall);
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(infos) = infos {
        headers::add(infos, headers);
    }
    request
}

/// A message as the body of a request has it.
pub(crate) fn prefixed(message: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(PREFIX + message.len());
    body.put_u8(0);
    // A frame is never as long.
    body.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    body.put_slice(message);
    body.freeze()
}

/// The path of the method; one that no service has for what can't be in a path.
fn uri(service: &KitexService, named: Option<&str>, method: &str) -> Uri {
    let method = plain(method);
    let service = match named {
        Some(other) if other != service.name => plain(other),
        _ => service.grpc_name.into(),
    };
    // In one allocation, where `format!` makes three.
    let path = ["/", &service, "/", &method].concat();
    match PathAndQuery::from_maybe_shared(Bytes::from(path)) {
        Ok(path) => Uri::from(path),
        Err(_) => Uri::from_static("/-/-"),
    }
}

/// A name of the IDL, which has no package.
fn plain(name: &str) -> Cow<'_, str> {
    let is_known = |it: char| it.is_ascii_alphanumeric() || it == '_';
    match name.bytes().map(char::from).all(is_known) {
        true => name.into(),
        false => name.replace(|it| !is_known(it), OTHER).into(),
    }
}

#[cfg(test)]
mod tests {
    use kitex_codec::{Frame, Header, Message, MessageKind, keys};

    use super::*;

    const ORDERS: KitexService = KitexService {
        name: "Orders",
        grpc_name: "orders.v1.Orders",
        thrift: true,
        protobuf: true,
    };

    /// The request for a call of `method` of the service that it names.
    fn requested(method: &str, service: Option<&str>) -> Request<RequestBody> {
        let message = Message {
            codec: Codec::Thrift,
            kind: MessageKind::Call,
            name: method.to_owned(),
            sequence: 1,
            body: Bytes::from_static(b"\0"),
        };
        let header = service.map(|service| {
            let mut header = Header::default();
            let infos = &mut header.infos;
            infos.set_string(keys::IDL_SERVICE, service.to_owned());
            header
        });
        let (call, arguments) = IncomingCall::decode(Frame {
            header,
            framed: true,
            payload: message.encode(),
        })
        .unwrap();
        request(&ORDERS, &call, &arguments)
    }

    #[test]
    fn a_call_has_the_path_of_its_method() {
        for (method, service, path) in [
            ("Get", None, "/orders.v1.Orders/Get"),
            ("Get", Some("Orders"), "/orders.v1.Orders/Get"),
            ("Get", Some("Others"), "/Others/Get"),
            ("Get", Some("orders.v1.Orders"), "/orders-v1-Orders/Get"),
            ("Get?x", None, "/orders.v1.Orders/Get-x"),
            ("../Get é\r\n", None, "/orders.v1.Orders/---Get----"),
            ("", None, "/orders.v1.Orders/"),
        ] {
            let request = requested(method, service);
            assert_eq!(request.uri().path(), path);
            assert_eq!(request.uri().query(), None);
        }
    }

    #[test]
    fn the_content_type_says_that_it_is_thrift() {
        let request = requested("Get", None);
        assert_eq!(request.headers()[CONTENT_TYPE], THRIFT);
        assert_eq!(request.method(), Method::POST);
    }
}
