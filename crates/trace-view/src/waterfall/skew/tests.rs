use super::*;
use crate::fixture::{client, failed, server, store};

fn times(tree: &Tree, name: &str, kind: Kind) -> (u64, u64) {
    let found = tree
        .spans
        .iter()
        .find(|span| span.name.ends_with(name) && span.kind == kind);
    let span = found.unwrap();
    (span.start / 1_000, span.end / 1_000)
}

#[test]
fn clocks_that_agree_are_left_alone() {
    let mut tree = Tree::new(vec![
        client(1, 0, "GetUser", (1_000, 9_000)),
        server(2, 1, "GetUser", (900, 9_100)),
    ]);
    assert!(align(&mut tree).is_empty());
    assert_eq!(times(&tree, "GetUser", Kind::Server), (900, 9_100));
}

#[test]
fn a_server_that_started_before_its_caller_is_centred_in_the_call_with_its_children() {
    let mut tree = Tree::new(vec![
        client(1, 0, "GetUser", (5_000_000, 5_010_000)),
        server(2, 1, "GetUser", (1_000_000, 1_006_000)),
        store(3, 2, "GET", (1_001_000, 1_002_000)),
    ]);
    let moved = align(&mut tree);
    assert_eq!(moved["user-service"], 4_002_000_000);
    assert_eq!(
        times(&tree, "GetUser", Kind::Server),
        (5_002_000, 5_008_000)
    );
    assert_eq!(times(&tree, "GET", Kind::Client), (5_003_000, 5_004_000));
}

#[test]
fn a_server_that_starts_late_is_moved_only_if_its_caller_has_an_answer() {
    let call = client(1, 0, "GetUser", (0, 10_000));
    let late = server(2, 1, "GetUser", (50_000, 60_000));
    let mut answered = Tree::new(vec![call.clone(), late.clone()]);
    assert_eq!(align(&mut answered)["user-service"], 50_000_000);
    let mut given_up = Tree::new(vec![failed(call, "DEADLINE_EXCEEDED"), late]);
    assert!(align(&mut given_up).is_empty());
}
