//! Calls with streams, which Kitex makes over gRPC.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use kitex_codec::Codec;
use tonic::body::Body;

use crate::BoxError;
use crate::transport::Settings;

/// The content type of requests whose messages are Thrift.
const THRIFT: HeaderValue = HeaderValue::from_static("application/grpc+thrift");
/// The headers of a trace, each with the one in which Kitex servers look for it.
const TRACE: [(&str, HeaderName); 3] = [
    (
        "traceparent",
        HeaderName::from_static("rpc-transit-traceparent"),
    ),
    (
        "tracestate",
        HeaderName::from_static("rpc-transit-tracestate"),
    ),
    ("baggage", HeaderName::from_static("rpc-transit-baggage")),
];
const CALLER: HeaderName = HeaderName::from_static("source-service");
const CALLED: HeaderName = HeaderName::from_static("destination-service");

/// `request`, which is one of gRPC, as Kitex's clients send it over gRPC: with the trace and the
/// names of both sides in their headers, and in Thrift with the name that the service has in its
/// IDL.
///
/// # Errors
/// If its path has no method.
pub(crate) fn request(
    settings: &Settings,
    mut request: Request<Body>,
) -> Result<Request<Body>, BoxError> {
    let headers = request.headers_mut();
    add_trace(headers);
    headers.insert(CALLER, HeaderValue::from_static(settings.caller));
    headers.insert(CALLED, HeaderValue::from_static(settings.registered));
    if settings.codec == Codec::Thrift {
        headers.insert(CONTENT_TYPE, THRIFT);
        let uri = std::mem::take(request.uri_mut());
        *request.uri_mut() = in_idl(uri, settings.service)?;
    }
    Ok(request)
}

fn add_trace(headers: &mut HeaderMap) {
    for (name, of_kitex) in TRACE {
        if let Some(value) = headers.get(name).cloned() {
            headers.insert(of_kitex, value);
        }
    }
}

/// `uri` with the path that its method has in the IDL: servers of Kitex don't need the package.
fn in_idl(uri: Uri, service: &str) -> Result<Uri, BoxError> {
    let (_, method) = uri.path().rsplit_once('/').ok_or("a path has no method")?;
    let path = Bytes::from(format!("/{service}/{method}"));
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(path)?);
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The path and the content type of what is sent with messages in `codec`, and its headers.
    fn sent(codec: Codec) -> (String, HeaderMap) {
        let settings = Settings {
            codec,
            service: "Orders",
            registered: "order-service",
            caller: "shop",
            connect_timeout: Duration::from_secs(1),
            tls: None,
        };
        let of_grpc = Request::post("http://host:1/orders.v1.Orders/List")
            .header(CONTENT_TYPE, "application/grpc")
            .header("traceparent", "00-a-b-01")
            .body(Body::empty());
        let (head, _) = request(&settings, of_grpc.unwrap()).unwrap().into_parts();
        (head.uri.to_string(), head.headers)
    }

    #[test]
    fn a_call_in_thrift_has_the_name_of_the_idl() {
        let (uri, headers) = sent(Codec::Thrift);
        assert_eq!(uri, "http://host:1/Orders/List");
        for (name, value) in [
            ("content-type", "application/grpc+thrift"),
            ("traceparent", "00-a-b-01"),
            ("rpc-transit-traceparent", "00-a-b-01"),
            ("source-service", "shop"),
            ("destination-service", "order-service"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
    }

    #[test]
    fn a_call_in_protobuf_has_the_path_of_grpc() {
        let (uri, headers) = sent(Codec::Protobuf);
        assert_eq!(uri, "http://host:1/orders.v1.Orders/List");
        assert_eq!(headers["content-type"], "application/grpc");
        assert_eq!(headers["rpc-transit-traceparent"], "00-a-b-01");
    }
}
