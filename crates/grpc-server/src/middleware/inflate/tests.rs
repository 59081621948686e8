#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full};
use tonic::Code;

use super::*;

const LIMIT: usize = 100_000;

fn prefixed(flag: u8, message: &[u8]) -> Vec<u8> {
    let size = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &size, message].concat()
}

fn zipped(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(message).unwrap();
    prefixed(1, &encoder.finish().unwrap())
}

/// What comes of `body`, in a request that says that it is gzip.
async fn inflated(body: &[u8], budget: Option<ByteBudget>) -> Result<Vec<u8>, Status> {
    let domain = ErrorDomain::new("a");
    let inflate = Inflate {
        domain,
        refusals: Refusals::new(domain, "test"),
        limit: LIMIT,
    };
    let mut request = Request::post("/")
        .header(&ENCODING, "gzip")
        .body(())
        .unwrap();
    if let Some(budget) = budget {
        request.extensions_mut().insert(budget);
    }
    let messages = inflate.messages_of(&mut request).unwrap();
    assert!(request.headers().is_empty());
    let body = Inflated::new(Full::new(Bytes::copy_from_slice(body)), messages);
    let collected = body.collect().await;
    let collected = collected.map_err(|error| *error.downcast::<Status>().unwrap())?;
    Ok(collected.to_bytes().to_vec())
}

#[tokio::test]
async fn messages_are_inflated_and_others_are_left() {
    let message = [7; 5000];
    let body = [zipped(&message), prefixed(0, b"plain"), zipped(b"")].concat();
    let plain = [
        prefixed(0, &message),
        prefixed(0, b"plain"),
        prefixed(0, b""),
    ]
    .concat();
    assert_eq!(inflated(&body, None).await.unwrap(), plain);
}

#[tokio::test]
async fn a_message_that_is_too_large_or_not_gzip_is_an_error() {
    for (body, code) in [
        (zipped(&vec![0; LIMIT + 1]), Code::ResourceExhausted),
        (prefixed(1, &vec![0; LIMIT + 1]), Code::ResourceExhausted),
        (prefixed(1, b"abc"), Code::Internal),
        (prefixed(1, b""), Code::Internal),
    ] {
        assert_eq!(inflated(&body, None).await.unwrap_err().code(), code);
    }
    assert!(inflated(&zipped(&vec![0; LIMIT]), None).await.is_ok());
}

#[tokio::test]
async fn what_a_message_has_after_decompression_counts_in_the_budget() {
    let budget = || ByteBudget::of_bytes(LIMIT / 2);
    let large = zipped(&vec![0; LIMIT]);
    let status = inflated(&large, Some(budget())).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let small = zipped(b"small").repeat(1000);
    assert!(inflated(&small, Some(budget())).await.is_ok());
}

#[test]
fn a_request_that_is_not_gzip_is_left() {
    let domain = ErrorDomain::new("a");
    let inflate = Inflate {
        domain,
        refusals: Refusals::new(domain, "test"),
        limit: LIMIT,
    };
    for encoding in [None, Some("identity")] {
        let mut request = Request::post("/");
        if let Some(encoding) = encoding {
            request = request.header(&ENCODING, encoding);
        }
        let mut request = request.body(()).unwrap();
        assert!(inflate.messages_of(&mut request).is_none());
        assert_eq!(request.headers().len(), encoding.iter().len());
    }
}
