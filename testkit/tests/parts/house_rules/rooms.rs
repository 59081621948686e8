//! The rooms of user-service, and which of them each may know.

use std::collections::BTreeSet;

use syn::visit::{Visit, visit_item_mod, visit_path};
use syn::{File, ItemMod, ItemUse, Path, UseTree};

use super::sources::{parsed, text};

const SOURCES: &str = "user-service/src/";

/// The rooms that each room knows, besides itself.
const KNOWS: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    ("secret", &[]),
    ("url_parameters", &[]),
    ("metrics", &[]),
    ("status", &["domain"]),
    ("batcher", &["domain"]),
    ("config", &["secret", "VERSION"]),
    ("grpc", &["domain", "status"]),
    ("thrift", &["grpc", "status"]),
    ("dispatch", &["grpc", "thrift"]),
    (
        "cache",
        &["domain", "batcher", "metrics", "secret", "url_parameters"],
    ),
    (
        "repository",
        &[
            "domain",
            "batcher",
            "cache",
            "metrics",
            "secret",
            "url_parameters",
        ],
    ),
];
/// Knows all.
const ROOT: &str = "app";
/// The libraries that the domain knows: no wire, no store, no telemetry.
const PURE: [&str; 5] = [
    "async_trait",
    "email_address",
    "futures_util",
    "thiserror",
    "uuid",
];

/// The paths of a file, from the root of its crate or from another crate.
struct Paths {
    /// Where the visitor is.
    module: Vec<String>,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn of(path: &str, file: &File) -> BTreeSet<Vec<String>> {
        let path = path.strip_prefix(SOURCES).unwrap();
        let module = path.strip_suffix(".rs").unwrap().split('/');
        let mut paths = Self {
            module: module.map(str::to_owned).collect(),
            found: BTreeSet::new(),
        };
        paths.visit_file(file);
        paths.found
    }

    /// Takes note of a path that is written `names` here.
    fn add(&mut self, names: Vec<String>) {
        let mut absolute = self.module.clone();
        let mut names = names.into_iter().peekable();
        match names.peek().map(String::as_str) {
            Some("crate") => absolute.clear(),
            Some("self" | "super") => {}
            _ => {
                self.found.insert(names.collect());
                return;
            }
        }
        for name in names {
            match name.as_str() {
                "crate" | "self" => {}
                "super" => drop(absolute.pop()),
                _ => absolute.push(name),
            }
        }
        absolute.insert(0, "crate".to_owned());
        self.found.insert(absolute);
    }

    /// Each of the paths in a `use`, with what leads to it.
    fn add_tree(&mut self, mut before: Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(before, &path.tree);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_tree(before.clone(), tree);
                }
            }
            UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.add(before);
            }
            UseTree::Rename(rename) => {
                before.push(rename.ident.to_string());
                self.add(before);
            }
            UseTree::Glob(_) => self.add(before),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_tree(Vec::new(), &item.tree);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.segments.len() > 1 {
            let names = path.segments.iter().map(|it| it.ident.to_string());
            self.add(names.collect());
        }
        visit_path(self, path);
    }
}

/// The room that the file at `path` is in.
fn room(path: &str) -> &str {
    let path = path.strip_prefix(SOURCES).unwrap();
    path.split(['/', '.']).next().unwrap()
}

#[test]
fn each_room_knows_only_those_it_may() {
    for (path, file) in parsed(SOURCES.trim_end_matches('/')) {
        let room = room(&path);
        if [ROOT, "lib", "main"].contains(&room) {
            continue;
        }
        let known = KNOWS.iter().find(|(name, _)| *name == room);
        let (_, known) = known.unwrap_or_else(|| panic!("say in rooms.rs what {room} may know"));
        for names in Paths::of(&path, &file) {
            let [first, other, ..] = &names[..] else {
                continue;
            };
            let allowed = first != "crate" || other == room || known.contains(&other.as_str());
            assert!(allowed, "{path} must not know {}", names.join("::"));
        }
    }
}

#[test]
fn the_domain_knows_no_wire_and_no_store() {
    let manifest = text("user-service/Cargo.toml");
    let libraries = manifest
        .lines()
        .filter_map(|line| line.split_once(['.', ' ']));
    let libraries: BTreeSet<_> = libraries.map(|(name, _)| name.replace('-', "_")).collect();
    for (path, file) in parsed("user-service/src") {
        if room(&path) != "domain" {
            continue;
        }
        for names in Paths::of(&path, &file) {
            let foreign = libraries.contains(&names[0]) && !PURE.contains(&names[0].as_str());
            assert!(!foreign, "{path} must not know {}", names.join("::"));
        }
    }
}

#[test]
fn grouped_and_relative_paths_are_found() {
    let text = "use crate::{cache::Ttl, domain::{self, User as Person}};\n\
                use super::super::grpc::Grpc;\n\
                fn function() -> tonic::Status { crate::status::of() }";
    let file = syn::parse_file(text).unwrap();
    let found = Paths::of("user-service/src/repository/sql.rs", &file);
    let found: Vec<_> = found.iter().map(|names| names.join("::")).collect();
    assert_eq!(
        found,
        [
            "crate::cache::Ttl",
            "crate::domain",
            "crate::domain::User",
            "crate::grpc::Grpc",
            "crate::status::of",
            "tonic::Status",
        ]
    );
}
