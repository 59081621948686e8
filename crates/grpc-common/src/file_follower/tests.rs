use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with the two files `a` and `b`, and a follower that has read both.
fn followed() -> (TempDir, FileFollower) {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    for path in &paths {
        fs::write(path, "first").unwrap();
    }
    let mut follower = FileFollower::new(paths.to_vec());
    assert_eq!(follower.read().unwrap(), [b"first", b"first"]);
    (folder, follower)
}

fn contents(follower: &mut FileFollower) -> Option<Contents> {
    follower.poll().map(Result::unwrap)
}

#[test]
fn each_change_of_a_file_is_reported_once() {
    let (folder, mut follower) = followed();
    assert_eq!(contents(&mut follower), None);
    fs::write(folder.path().join("b"), "other").unwrap();
    let changed = Some(vec![b"first".to_vec(), b"other".to_vec()]);
    assert_eq!(contents(&mut follower), changed);
    assert_eq!(contents(&mut follower), None);
}

#[test]
fn a_file_that_is_written_again_with_the_same_content_is_no_change() {
    let (folder, mut follower) = followed();
    fs::write(folder.path().join("a"), "first").unwrap();
    assert_eq!(contents(&mut follower), None);
}

#[test]
fn bytes_that_move_from_one_file_to_the_next_are_a_change() {
    let (folder, mut follower) = followed();
    fs::write(folder.path().join("a"), "firs").unwrap();
    fs::write(folder.path().join("b"), "tfirst").unwrap();
    assert!(contents(&mut follower).is_some());
}

#[test]
fn an_unreadable_file_is_reported_once_and_so_is_its_return() {
    let (folder, mut follower) = followed();
    let path = folder.path().join("b");
    fs::remove_file(&path).unwrap();
    let error = follower.poll().unwrap().unwrap_err();
    assert_eq!(error.path, path);
    assert!(follower.poll().is_none());
    fs::write(&path, "first").unwrap();
    assert!(contents(&mut follower).is_some());
    assert_eq!(contents(&mut follower), None);
}

#[test]
fn a_settled_follower_waits_for_two_readings_that_see_the_same() {
    let (folder, follower) = followed();
    let mut follower = follower.settled();
    fs::write(folder.path().join("a"), "second").unwrap();
    assert_eq!(contents(&mut follower), None);
    fs::write(folder.path().join("b"), "second").unwrap();
    assert_eq!(contents(&mut follower), None);
    assert_eq!(contents(&mut follower).unwrap(), [b"second", b"second"]);
}

#[test]
fn a_settled_follower_ignores_what_is_undone_at_once() {
    let (folder, follower) = followed();
    let mut follower = follower.settled();
    fs::remove_file(folder.path().join("a")).unwrap();
    assert!(follower.poll().is_none());
    fs::write(folder.path().join("a"), "first").unwrap();
    assert!(follower.poll().is_none());
    assert!(follower.poll().is_none());
}

#[test]
fn a_file_longer_than_a_mebibyte_is_not_read() {
    let (folder, mut follower) = followed();
    let largest = usize::try_from(MAX_BYTES).unwrap();
    fs::write(folder.path().join("a"), vec![b'a'; largest]).unwrap();
    assert!(contents(&mut follower).is_some());
    fs::write(folder.path().join("a"), vec![b'a'; largest + 1]).unwrap();
    let error = follower.poll().unwrap().unwrap_err();
    assert_eq!(error.cause.kind(), io::ErrorKind::FileTooLarge);
    fs::remove_file(folder.path().join("a")).unwrap();
    let error = follower.poll().unwrap().unwrap_err();
    assert_eq!(error.cause.kind(), io::ErrorKind::NotFound, "another cause");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_awaited_by_polling() {
    let (folder, mut follower) = followed();
    let interval = Duration::from_secs(1);
    let start = tokio::time::Instant::now();
    let writing = async {
        tokio::time::sleep(interval * 5 / 2).await;
        fs::write(folder.path().join("a"), "second").unwrap();
    };
    let (changed, ()) = tokio::join!(follower.changed(interval), writing);
    assert_eq!(changed.unwrap()[0], b"second");
    assert_eq!(start.elapsed().as_secs(), 3);
}
