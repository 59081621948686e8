//! The sources of this repository, parsed.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, File, Item, Meta};

pub(super) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of the file at `path`, from the root of the repository.
pub(super) fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap()
}

/// The folders with the production code of all crates; tests and the bench have none.
pub(super) fn production() -> Vec<String> {
    let mut folders: Vec<_> = [
        "proto/src",
        "user-service/src",
        "user-client/src",
        "xtask/src",
    ]
    .map(str::to_owned)
    .into();
    for parent in ["crates", "examples"] {
        for entry in fs::read_dir(workspace().join(parent)).unwrap() {
            let name = entry.unwrap().file_name();
            folders.push(format!("{parent}/{}/src", name.to_str().unwrap()));
        }
    }
    folders
}

/// The paths of all files of Rust under `folder`, from the root of the repository.
pub(super) fn files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(workspace().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "{folder}");
    files
}

/// The files under `folder` that are no tests, each without the modules that are.
pub(super) fn parsed(folder: &str) -> Vec<(String, File)> {
    let files = files(folder).into_iter();
    let production = files.filter(|path| !path.ends_with("/tests.rs") && !path.contains("/tests/"));
    let parsed = production.map(|path| {
        let mut file = syn::parse_file(&text(&path)).unwrap();
        file.items.retain(|item| !is_test(item));
        (path, file)
    });
    parsed.collect()
}

/// Whether `item` is a module for tests only.
fn is_test(item: &Item) -> bool {
    matches!(item, Item::Mod(module) if module.attrs.iter().any(is_cfg_test))
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

#[test]
fn no_file_is_named_mod() {
    let roots = ["proto", "crates", "examples", "user-service", "user-client"];
    for folder in roots.into_iter().chain(["testkit", "bench", "xtask"]) {
        for path in files(folder) {
            assert!(!path.ends_with("/mod.rs"), "{path}");
        }
    }
}
