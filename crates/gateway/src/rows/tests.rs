use futures_util::StreamExt;
use http_body_util::StreamBody;
use tonic::codegen::Bytes;

use super::split::MAX_ROW;
use super::*;
use crate::testing::shop;

/// The pages in the rows of `text`, which arrives in pieces of `size`; and the error, if there is one.
async fn pages(text: &str, size: usize, layout: Layout) -> (Vec<u32>, Option<RowError>) {
    let pieces: Vec<_> = text
        .as_bytes()
        .chunks(size)
        .map(|piece| Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let body = Body::new(StreamBody::new(futures_util::stream::iter(pieces)));
    let input = shop().get_message_by_name("shop.v1.ItemRequest").unwrap();
    let (mut rows, mut failure) = Rows::new(body, layout, input);
    let mut pages = Vec::new();
    while let Some(message) = rows.next().await {
        let Ok(message) = message else {
            assert!(rows.next().await.is_none());
            return (pages, failure.try_recv().ok());
        };
        pages.push(message.get_field_by_name("page").unwrap().as_u32().unwrap());
    }
    (pages, None)
}

#[tokio::test]
async fn rows_end_with_an_error_when_their_call_is_over() {
    let body = Body::new(StreamBody::new(futures_util::stream::pending::<
        Result<http_body::Frame<Bytes>, Status>,
    >()));
    let input = shop().get_message_by_name("shop.v1.ItemRequest").unwrap();
    let (mut rows, failure) = Rows::new(body, Layout::Lines, input);
    let next = tokio::spawn(async move { rows.next().await });
    drop(failure);
    let status = next.await.unwrap().unwrap().unwrap_err();
    assert_eq!(status.code(), tonic::Code::Cancelled);
}

#[tokio::test]
async fn rows_are_found_however_they_arrive() {
    for size in [1, 2, 3, 7, 1000] {
        for (text, layout, expected) in [
            (
                "{\"page\":1}\n{\"page\":2}\r\n\n {\"page\":3} \n",
                Layout::Lines,
                vec![1, 2, 3],
            ),
            ("{\"page\":1}", Layout::Lines, vec![1]),
            ("", Layout::Lines, vec![]),
            ("\n\n", Layout::Lines, vec![]),
            ("[{\"page\":1},{\"page\":2}]", Layout::Array, vec![1, 2]),
            (" [ ] ", Layout::Array, vec![]),
            (
                "[{\"page\":1,\"name\":\"],\\\"[{\\\\\"},\n{\"page\":2,\"sizes\":[1,2]}]\n",
                Layout::Array,
                vec![1, 2],
            ),
        ] {
            let (pages, error) = pages(text, size, layout).await;
            assert_eq!(
                (pages, error),
                (expected, None),
                "{text} in pieces of {size}"
            );
        }
    }
}

#[tokio::test]
async fn a_row_that_is_wrong_is_named_and_ends_the_rows() {
    for (text, layout, index, expected) in [
        (
            "{\"page\":1}\n{\"x\":1}\n{\"page\":3}",
            Layout::Lines,
            1,
            "unrecognized field name 'x'",
        ),
        (
            "{\"page\":1}\n{\"page\"",
            Layout::Lines,
            1,
            "EOF while parsing",
        ),
        ("{\"page\":1} {}", Layout::Lines, 0, "trailing characters"),
        ("{\"page\":1}", Layout::Array, 0, "the body is not an array"),
        ("", Layout::Array, 0, "the array is not closed"),
        ("[{\"page\":1}", Layout::Array, 0, "the array is not closed"),
        (
            "[{\"page\":1},]",
            Layout::Array,
            1,
            "an element of the array is missing",
        ),
        (
            "[,]",
            Layout::Array,
            0,
            "an element of the array is missing",
        ),
        (
            "[{\"page\":1}] x",
            Layout::Array,
            1,
            "something follows the array",
        ),
        (
            "[{\"page\":1}]]",
            Layout::Array,
            1,
            "something follows the array",
        ),
        ("[}]", Layout::Array, 0, "expected"),
    ] {
        for size in [1, 1000] {
            let (_, error) = pages(text, size, layout).await;
            let Some(RowError::Invalid(found, reason)) = error else {
                panic!("{text}: {error:?}");
            };
            assert!(reason.contains(expected), "{text}: {reason}");
            assert_eq!(found, index, "{text}");
        }
    }
}

#[tokio::test]
async fn a_row_has_a_limit_and_a_body_has_none() {
    let long = format!("{{\"name\":\"{}\"}}\n", "a".repeat(MAX_ROW));
    let array = format!("[{long}]");
    for (layout, text) in [(Layout::Lines, &long), (Layout::Array, &array)] {
        let (_, error) = pages(text, 8192, layout).await;
        assert_eq!(error, Some(RowError::TooLarge(MAX_ROW)));
    }
    let many = "{\"page\":1}\n".repeat(200_000);
    let (pages, error) = pages(&many, 1 << 20, Layout::Lines).await;
    assert_eq!((pages.len(), error), (200_000, None));
}
