//! docs/adopt.md shows these very files, and they have as few lines of wiring as it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../../../docs/adopt.md");

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of code in the document, each with the file that it says it is of.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut blocks = Vec::new();
    let mut parts = DOCUMENT.split("```");
    while let (Some(before), Some(block)) = (parts.next(), parts.next()) {
        let (language, code) = block.split_once('\n').unwrap();
        if language == "console" {
            continue;
        }
        let named = before.trim_end().lines().next_back().unwrap();
        let file = named
            .strip_prefix("**`")
            .and_then(|it| it.strip_suffix("`**"));
        assert!(file.is_some(), "{named:?} names no file");
        blocks.extend(file.map(|file| (file, code)));
    }
    blocks
}

/// The files of the example that make its programs, relative to its folder.
fn files() -> BTreeSet<String> {
    let mut files = BTreeSet::from(["Cargo.toml".to_owned(), "build.rs".to_owned()]);
    let mut folders: Vec<PathBuf> = vec![folder().join("src"), folder().join("proto")];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(inside).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder()).unwrap();
            files.insert(name.to_str().unwrap().to_owned());
        }
    }
    files
}

#[test]
fn each_block_of_the_document_is_in_its_file() {
    for (file, code) in blocks() {
        let text = fs::read_to_string(folder().join(file)).unwrap();
        assert!(
            text.contains(code),
            "{file} is not as in docs/adopt.md:\n{code}"
        );
    }
}

#[test]
fn the_document_has_each_file() {
    let shown: BTreeSet<_> = blocks()
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(shown, files());
}

/// The lines of statements in `main` that have to do with telemetry or the server.
fn wiring(source: &str) -> Vec<&str> {
    let (_, main) = source.split_once("async fn main").unwrap();
    let mut wiring = Vec::new();
    let mut statement = Vec::new();
    for line in main.lines().skip(1).filter(|line| !line.is_empty()) {
        statement.push(line);
        if line.ends_with([';', '{', '}']) {
            let ours = |line: &&str| line.contains("telemetry") || line.contains("server");
            if statement.iter().any(ours) {
                wiring.append(&mut statement);
            }
            statement.clear();
        }
    }
    wiring
}

#[test]
fn a_server_takes_six_lines_of_wiring_and_a_client_two() {
    let server = wiring(include_str!("../../src/main.rs"));
    assert!((1..=6).contains(&server.len()), "{server:#?}");
    let client = wiring(include_str!("../../src/bin/orders-client.rs"));
    assert!((1..=2).contains(&client.len()), "{client:#?}");
}
