//! From a forest to the rows of the picture: indentation, tree lines, and
//! many alike siblings folded into one row.

use std::collections::HashMap;

use crate::span::{Kind, Span};
use crate::tree::Tree;

/// Siblings that are alike are folded when there are more than this.
const FOLD_ABOVE: usize = 8;
/// The number of them that are shown before the fold.
const SHOWN: usize = 3;
/// Tree lines stop growing at this many characters.
const DEEPEST_PREFIX: usize = 64;

/// One line of the picture.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// Tree lines before the content.
    pub(crate) prefix: String,
    /// What is on the line.
    pub(crate) content: Content<'a>,
}

/// What a line shows.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// One span.
    Span(&'a Span),
    /// Siblings that are like the ones above, at least one.
    More(Vec<&'a Span>),
    /// The heading of spans whose parent is missing.
    Orphans,
}

/// The rows of `tree`, from top to bottom.
pub(crate) fn rows(tree: &Tree) -> Vec<Row<'_>> {
    let failing = failing(tree);
    let mut rows = Vec::new();
    walk(tree, &failing, &tree.roots, Margin::None, &mut rows);
    if !tree.orphans.is_empty() {
        rows.push(Row {
            prefix: String::new(),
            content: Content::Orphans,
        });
        walk(tree, &failing, &tree.orphans, Margin::Lines, &mut rows);
    }
    rows
}

/// Whether the top of a walk is drawn with tree lines.
#[derive(Clone, Copy, PartialEq)]
enum Margin {
    None,
    Lines,
}

enum Entry {
    Span(usize),
    More(Vec<usize>),
}

/// An entry yet to be drawn, with the lines of its ancestors.
struct Pending {
    entry: Entry,
    lines: String,
    branch: &'static str,
}

/// Depth first with a stack of its own: a chain of spans may be longer than a thread's.
fn walk<'a>(
    tree: &'a Tree,
    failing: &[bool],
    tops: &[usize],
    margin: Margin,
    rows: &mut Vec<Row<'a>>,
) {
    let mut stack = Vec::new();
    push(&mut stack, folded(tree, failing, tops), "", margin);
    while let Some(pending) = stack.pop() {
        let prefix = format!("{}{}", pending.lines, pending.branch);
        let index = match pending.entry {
            Entry::Span(index) => index,
            Entry::More(hidden) => {
                let hidden = hidden.iter().map(|index| &tree.spans[*index]).collect();
                let content = Content::More(hidden);
                rows.push(Row { prefix, content });
                continue;
            }
        };
        let lines = below(&pending.lines, pending.branch);
        let content = Content::Span(&tree.spans[index]);
        rows.push(Row { prefix, content });
        let children = folded(tree, failing, &tree.children[index]);
        push(&mut stack, children, &lines, Margin::Lines);
    }
}

fn push(stack: &mut Vec<Pending>, entries: Vec<Entry>, lines: &str, margin: Margin) {
    let last = entries.len().saturating_sub(1);
    for (position, entry) in entries.into_iter().enumerate().rev() {
        let branch = match margin {
            Margin::None => "",
            Margin::Lines if position == last => "└ ",
            Margin::Lines => "├ ",
        };
        stack.push(Pending {
            entry,
            lines: lines.to_owned(),
            branch,
        });
    }
}

/// The lines of an entry's children.
fn below(lines: &str, branch: &str) -> String {
    if lines.chars().count() >= DEEPEST_PREFIX {
        return lines.to_owned();
    }
    let own = match branch {
        "├ " => "│ ",
        "└ " => "  ",
        _ => "",
    };
    format!("{lines}{own}")
}

/// What makes siblings alike. Failures are never folded among successes.
type Likeness<'a> = (&'a str, Kind, &'a str, Option<&'a str>, bool);

fn likeness<'a>(tree: &'a Tree, failing: &[bool], index: usize) -> Likeness<'a> {
    let span = &tree.spans[index];
    let code = span.code.as_deref();
    (&span.service, span.kind, &span.name, code, failing[index])
}

fn folded(tree: &Tree, failing: &[bool], siblings: &[usize]) -> Vec<Entry> {
    let mut alike: HashMap<Likeness<'_>, usize> = HashMap::new();
    for &index in siblings {
        *alike.entry(likeness(tree, failing, index)).or_default() += 1;
    }
    let mut seen: HashMap<Likeness<'_>, usize> = HashMap::new();
    let mut folds: HashMap<Likeness<'_>, usize> = HashMap::new();
    let mut entries = Vec::new();
    for &index in siblings {
        let like = likeness(tree, failing, index);
        let position = seen.entry(like).or_default();
        *position += 1;
        if alike[&like] <= FOLD_ABOVE || *position <= SHOWN {
            entries.push(Entry::Span(index));
            continue;
        }
        let fold = *folds.entry(like).or_insert(entries.len());
        match entries.get_mut(fold) {
            Some(Entry::More(hidden)) => hidden.push(index),
            _ => entries.push(Entry::More(vec![index])),
        }
    }
    entries
}

/// For each span whether it, or one below it, is an error.
fn failing(tree: &Tree) -> Vec<bool> {
    let mut order = tree.tops();
    let mut next = 0;
    while next < order.len() {
        order.extend(&tree.children[order[next]]);
        next += 1;
    }
    let mut failing = vec![false; tree.spans.len()];
    for &index in order.iter().rev() {
        let below = tree.children[index].iter().any(|child| failing[*child]);
        failing[index] = tree.spans[index].error || below;
    }
    failing
}

#[cfg(test)]
mod tests;
