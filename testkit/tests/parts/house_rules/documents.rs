//! The documents agree with the code and with each other.

use std::fs;
use std::path::{Path, PathBuf};

use super::sources::{text, workspace};

/// Every document, by its path in the repository.
pub(super) fn documents() -> Vec<PathBuf> {
    let root = workspace();
    let mut found = Vec::new();
    for folder in [
        root.clone(),
        root.join("docs"),
        root.join("docs/measurements"),
    ] {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let files = entries.map(|entry| entry.unwrap().path());
        found.extend(files.filter(|file| file.extension().is_some_and(|it| it == "md")));
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The targets of the links of a document that stay in the repository, without anchors.
fn links(document: &str) -> Vec<&str> {
    let targets = document.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

/// The string literals of production code in `path` that are written as a reason is.
fn reasons(path: &str) -> Vec<String> {
    let source = text(path);
    let production = source.split("#[cfg(test)]").next().unwrap();
    let is_reason = |literal: &&str| {
        literal.len() > 4
            && literal
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let literals = production.split('"').skip(1).step_by(2);
    literals.filter(is_reason).map(str::to_owned).collect()
}

#[test]
fn links_lead_to_files_that_exist() {
    for document in documents() {
        let folder = document.parent().unwrap_or(Path::new(""));
        for target in links(&fs::read_to_string(&document).unwrap()) {
            let exists = folder.join(target).exists();
            assert!(exists, "{} links to {target}", document.display());
        }
    }
}

#[test]
fn the_index_lists_every_document() {
    let index = text("docs/README.md");
    for document in fs::read_dir(workspace().join("docs")).unwrap() {
        let name = document.unwrap().file_name();
        let name = name.to_str().unwrap();
        let listed = !name.ends_with(".md") || name == "README.md";
        assert!(
            listed || index.contains(name),
            "docs/README.md lacks {name}"
        );
    }
}

#[test]
fn every_reason_of_an_error_is_documented() {
    let document = text("docs/errors.md");
    for path in [
        "user-service/src/status.rs",
        "crates/grpc-server/src/error_domain.rs",
    ] {
        let reasons = reasons(path);
        assert!(reasons.len() > 5, "{path}: {reasons:?}");
        for reason in reasons {
            assert!(document.contains(&format!("`{reason}`")), "{reason}");
        }
    }
}
