//! What ARCHITECTURE.md and CONTRIBUTING.md promise of the sources themselves.

use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// All files of Rust under `folder`, with their texts.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![workspace().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = text(&path);
                files.push((path, text));
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// Whether the crate in `folder` depends on the crate `name`, in tests or not.
fn depends(folder: &str, name: &str) -> bool {
    let manifest = text(&workspace().join(folder).join("Cargo.toml"));
    manifest.lines().any(|line| line.starts_with(name))
}

#[test]
fn the_domain_knows_nothing_of_ours_nor_of_any_wire_or_store() {
    let foreign = ["crate::", "tonic", "prost", "sqlx", "redis", "user_proto"];
    for (path, text) in sources("user-service/src/domain") {
        for name in foreign {
            assert!(!text.contains(name), "{name} in {}", path.display());
        }
    }
}

#[test]
fn of_the_other_rooms_only_the_repository_knows_one() {
    let rooms = ["grpc", "cache", "repository"];
    for room in ["grpc", "cache"] {
        for (path, text) in sources(&format!("user-service/src/{room}")) {
            for other in rooms.into_iter().filter(|other| *other != room) {
                let import = format!("use crate::{other}");
                assert!(!text.contains(&import), "{import} in {}", path.display());
            }
        }
    }
}

#[test]
fn crates_depend_on_one_another_in_one_direction() {
    for ours in ["user-", "grpc-telemetry"] {
        assert!(!depends("proto", ours));
        assert!(!depends("crates/grpc-discovery", ours));
    }
    assert!(!depends("crates/grpc-telemetry", "user-"));
    for library in ["crates/grpc-server", "crates/grpc-channel"] {
        assert!(!depends(library, "user-"));
    }
    assert!(!depends("crates/grpc-channel", "grpc-server"));
    for other in ["user-", "grpc-server", "grpc-discovery"] {
        assert!(!depends("crates/trace-view", other));
    }
    assert!(!depends("user-client", "user-service"));
    assert!(!depends("user-service", "user-client"));
}

#[test]
fn sql_is_in_one_place() {
    for (path, text) in sources("user-service/src") {
        let is_the_place = path.ends_with("repository/sql.rs");
        let has_sql = text.contains("FROM users") || text.contains("INTO users");
        assert_eq!(has_sql, is_the_place, "{}", path.display());
    }
}

/// sqlx takes fixed texts only, unless it is told that another is safe: nobody tells it so.
#[test]
fn no_statement_is_put_together() {
    let doors = ["AssertSqlSafe", "QueryBuilder", "raw_sql", "SqlStr"];
    for (path, text) in sources("user-service/src") {
        for door in doors {
            assert!(!text.contains(door), "{door} in {}", path.display());
        }
        let is_the_place = path.ends_with("repository/sql.rs");
        assert!(!is_the_place || !text.contains("format!"));
    }
}

#[test]
fn a_key_of_the_cache_is_made_of_an_id_in_one_place() {
    let keys = |text: &str| text.matches("format!(\"user:").count();
    let all: usize = sources("user-service/src")
        .iter()
        .map(|it| keys(&it.1))
        .sum();
    let cache = text(&workspace().join("user-service/src/cache/entry.rs"));
    assert_eq!((all, keys(&cache)), (1, 1));
    let key = "fn key(id: UserId) -> String {\n    format!(\"user:v{FORMAT}:{id}\")";
    assert!(cache.contains(key));
}

#[test]
fn no_file_is_named_mod() {
    for folder in [
        "proto/src",
        "crates",
        "crates/grpc-telemetry/src",
        "user-service/src",
        "user-client/src",
        "testkit",
        "xtask/src",
    ] {
        for (path, _) in sources(folder) {
            assert!(!path.ends_with("mod.rs"), "{}", path.display());
        }
    }
}
