//! The workflows of CI.

use std::fs;

use crate::support::path;

/// A tag can be moved to other code later, and a commit can't.
#[test]
fn actions_are_pinned_by_their_commit() {
    let mut pinned = 0;
    for file in fs::read_dir(path(".github/workflows")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let uses = text.lines().filter_map(|it| it.split_once("uses: "));
        for (_, action) in uses {
            let (_, version) = action.split_once('@').unwrap();
            let (commit, tag) = version.split_once(" # ").unwrap_or((version, ""));
            let is_hash = commit.len() == 40 && commit.chars().all(|it| it.is_ascii_hexdigit());
            assert!(is_hash && tag.starts_with('v'), "{action}");
            pinned += 1;
        }
    }
    assert!(pinned > 0);
}
