use super::*;
use crate::fixture::{internal, store};

#[test]
fn children_are_below_their_parent_in_order_of_start() {
    let tree = Tree::new(vec![
        internal(3, 1, "second", (20, 30)),
        internal(2, 1, "first", (10, 15)),
        internal(1, 0, "root", (0, 40)),
    ]);
    let names: Vec<_> = tree.spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["root", "first", "second"]);
    assert_eq!(tree.roots, [0]);
    assert_eq!(tree.children[0], [1, 2]);
    assert!(tree.orphans.is_empty());
}

#[test]
fn a_span_that_arrived_twice_is_there_once() {
    let span = internal(1, 0, "root", (0, 10));
    assert_eq!(Tree::new(vec![span.clone(), span]).spans.len(), 1);
}

#[test]
fn a_span_without_its_parent_is_an_orphan() {
    let tree = Tree::new(vec![
        internal(1, 0, "root", (0, 9)),
        store(2, 77, "GET", (1, 2)),
    ]);
    assert_eq!(tree.roots, [0]);
    assert_eq!(tree.orphans, [1]);
}

#[test]
fn a_cycle_of_parents_is_cut_and_every_span_stays() {
    let tree = Tree::new(vec![
        internal(1, 3, "a", (0, 9)),
        internal(2, 1, "b", (1, 8)),
        internal(3, 2, "c", (2, 7)),
        internal(4, 4, "its own parent", (3, 6)),
    ]);
    assert_eq!(tree.orphans, [0, 3]);
    assert_eq!(tree.children, [vec![1], vec![2], vec![], vec![]]);
}

#[test]
fn a_very_deep_chain_is_no_problem() {
    let chain = (1..=50_000).map(|id| internal(id, id - 1, "deeper", (id, 100_000)));
    let tree = Tree::new(chain.collect());
    assert_eq!(tree.roots, [0]);
    assert_eq!(tree.orphans.len(), 0);
}
