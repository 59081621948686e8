//! Clocks that differ: a server span that starts before the call that caused
//! it is moved into that call, with all of its service below it.

use std::collections::BTreeMap;

use crate::span::{Kind, Span};
use crate::tree::Tree;

/// Differences up to this many nanoseconds are shown as they were measured.
const TOLERANCE: i128 = 1_000_000;

/// Moves spans whose clock can't be right. Returns by how many nanoseconds
/// the spans of each service were moved at most.
pub(crate) fn align(tree: &mut Tree) -> BTreeMap<String, u64> {
    let mut moved = BTreeMap::new();
    let mut stack: Vec<(usize, i128)> = tree.tops().into_iter().map(|top| (top, 0)).collect();
    while let Some((index, shift)) = stack.pop() {
        let span = &mut tree.spans[index];
        if shift != 0 {
            span.start = shifted(span.start, shift);
            span.end = shifted(span.end, shift);
            let most: &mut u64 = moved.entry(span.service.clone()).or_default();
            *most = (*most).max(u64::try_from(shift.unsigned_abs()).unwrap_or(u64::MAX));
        }
        let span = &tree.spans[index];
        for &child in &tree.children[index] {
            stack.push((child, shift_below(span, shift, &tree.spans[child])));
        }
    }
    tree.sort();
    moved
}

fn shifted(time: u64, shift: i128) -> u64 {
    u64::try_from(i128::from(time) + shift).unwrap_or(0)
}

/// The shift of `child`, given its parent (already shifted, by `shift`).
fn shift_below(parent: &Span, shift: i128, child: &Span) -> i128 {
    if parent.service == child.service {
        return shift;
    }
    if parent.kind != Kind::Client || child.kind != Kind::Server {
        return 0;
    }
    let start = i128::from(child.start);
    let early = start + TOLERANCE < i128::from(parent.start);
    // A caller that gave up may end before the server starts; one with a response can't.
    let late = !parent.error && start > i128::from(parent.end) + TOLERANCE;
    if !early && !late {
        return 0;
    }
    // The way there and the way back are taken to be equally long.
    let on_the_way = parent.duration().saturating_sub(child.duration()) / 2;
    i128::from(parent.start) + i128::from(on_the_way) - start
}

#[cfg(test)]
mod tests;
