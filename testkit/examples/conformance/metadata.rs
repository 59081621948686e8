//! The suite's headers as metadata, and back.

use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::metadata::MetadataMap;

use crate::proto::Header;

/// `headers` as the suite says them.
pub(crate) fn to_proto(headers: &HeaderMap) -> Vec<Header> {
    let values = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    };
    let header = |name: &HeaderName| Header {
        name: name.to_string(),
        value: values(name),
    };
    headers.keys().map(header).collect()
}

/// What the suite says in `headers`.
pub(crate) fn of_proto(headers: &[Header]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for header in headers {
        let name = HeaderName::try_from(&header.name).unwrap();
        for value in &header.value {
            map.append(name.clone(), HeaderValue::try_from(value).unwrap());
        }
    }
    map
}

/// The metadata of an error, which has no place for headers beside trailers.
pub(crate) fn of_error(headers: &[Header], trailers: &[Header]) -> MetadataMap {
    MetadataMap::from_headers(of_proto(&[headers, trailers].concat()))
}
