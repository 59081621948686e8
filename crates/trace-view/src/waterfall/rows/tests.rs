use super::*;
use crate::fixture::{client, failed, internal, server, store};

fn outline(spans: Vec<Span>) -> Vec<String> {
    let tree = Tree::new(spans);
    let line = |row: &Row<'_>| match &row.content {
        Content::Span(span) => format!("{}{}", row.prefix, span.name),
        Content::More(spans) => format!("{}{} more {}", row.prefix, spans.len(), spans[0].name),
        Content::Orphans => "(orphan)".to_owned(),
    };
    rows(&tree).iter().map(line).collect()
}

#[test]
fn lines_show_who_is_below_whom() {
    let spans = vec![
        internal(1, 0, "root", (0, 100)),
        internal(2, 1, "a", (10, 50)),
        internal(3, 2, "a1", (11, 20)),
        internal(4, 2, "a2", (21, 30)),
        internal(5, 4, "a21", (22, 25)),
        internal(6, 1, "b", (60, 90)),
        internal(7, 6, "b1", (61, 62)),
    ];
    let expected = [
        "root",
        "├ a",
        "│ ├ a1",
        "│ └ a2",
        "│   └ a21",
        "└ b",
        "  └ b1",
    ];
    assert_eq!(outline(spans), expected);
}

#[test]
fn orphans_come_last_under_their_own_heading() {
    let spans = vec![
        store(2, 77, "GET", (0, 1)),
        store(3, 77, "SET", (2, 3)),
        internal(1, 0, "root", (5, 9)),
    ];
    assert_eq!(outline(spans), ["root", "(orphan)", "├ GET", "└ SET"]);
}

#[test]
fn many_alike_siblings_are_folded_with_what_is_below_them() {
    let mut spans = vec![internal(1, 0, "root", (0, 1_000))];
    for call in 0..20 {
        let id = 10 + call * 2;
        spans.push(client(id, 1, "GetUser", (call, call + 10)));
        spans.push(server(id + 1, id, "GetUser", (call + 1, call + 9)));
    }
    let outline = outline(spans);
    assert_eq!(outline.len(), 1 + 3 * 2 + 1);
    assert_eq!(outline[7], "└ 17 more user.v1.UserService/GetUser");
}

#[test]
fn eight_alike_siblings_are_all_shown() {
    let mut spans = vec![internal(1, 0, "root", (0, 1_000))];
    spans.extend((2..10).map(|id| internal(id, 1, "step", (id, id + 1))));
    assert_eq!(outline(spans).len(), 9);
}

#[test]
fn a_failure_is_not_folded_away_among_successes() {
    let mut spans = vec![internal(1, 0, "root", (0, 1_000))];
    spans.extend((10..30).map(|id| client(id, 1, "GetUser", (id, id + 1))));
    spans.push(client(30, 1, "GetUser", (30, 40)));
    spans.push(failed(store(31, 30, "SELECT users", (31, 39)), "timeout"));
    let outline = outline(spans);
    assert_eq!(outline[4], "├ 17 more user.v1.UserService/GetUser");
    assert_eq!(outline[5], "└ user.v1.UserService/GetUser");
    assert_eq!(outline[6], "  └ SELECT users");
}

#[test]
fn different_siblings_between_the_folded_keep_their_place() {
    let mut spans = vec![internal(1, 0, "root", (0, 1_000))];
    spans.extend((10..20).map(|id| internal(id, 1, "a", (id, id + 1))));
    spans.push(internal(20, 1, "b", (11, 12)));
    let expected = ["root", "├ a", "├ a", "├ b", "├ a", "└ 7 more a"];
    assert_eq!(outline(spans), expected);
}

#[test]
fn a_very_deep_chain_ends() {
    let chain = (1..=20_000).map(|id| internal(id, id - 1, "deeper", (id, 100_000)));
    let outline = outline(chain.collect());
    assert_eq!(outline.len(), 20_000);
    assert!(outline[19_999].chars().count() < 80);
}
