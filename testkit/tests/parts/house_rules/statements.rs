//! Texts that are made in one place: SQL, and the keys of the cache.

use super::sources::{files, text};

const SERVICE: &str = "user-service/src";
const SQL: &str = "user-service/src/repository/sql.rs";
const ENTRY: &str = "user-service/src/cache/entry.rs";

/// What the texts of statements, or of their parts, begin with. A sentence may have SQL in it.
const BEGINNINGS: [&str; 5] = [
    "\"SELECT \"",
    "\"INSERT INTO",
    "\"UPDATE ",
    "\"DELETE FROM",
    "\" FROM users",
];

#[test]
fn sql_is_in_one_place() {
    for path in files(SERVICE) {
        let text = text(&path);
        let has_sql = BEGINNINGS.iter().any(|beginning| text.contains(beginning));
        assert_eq!(has_sql, path == SQL, "{path}");
    }
}

/// sqlx takes fixed texts only, unless it is told that another is safe: nothing tells it so.
#[test]
fn no_statement_is_put_together() {
    let doors = ["AssertSqlSafe", "QueryBuilder", "raw_sql", "SqlStr"];
    for path in files(SERVICE) {
        let text = text(&path);
        for door in doors {
            assert!(!text.contains(door), "{door} in {path}");
        }
        assert!(path != SQL || !text.contains("format!"));
    }
}

#[test]
fn a_key_of_the_cache_is_made_of_an_id_in_one_place() {
    const KEY: &str = "format!(\"user:";
    let places = files(SERVICE).into_iter();
    let places: Vec<_> = places.filter(|path| text(path).contains(KEY)).collect();
    assert_eq!(places, [ENTRY]);
    let text = text(ENTRY);
    let formats: Vec<_> = text.split(KEY).skip(1).collect();
    assert_eq!(formats.len(), 1, "{formats:?}");
    let format = formats[0].split('"').next().unwrap();
    let parts = format.split('{').skip(1);
    let parts: Vec<_> = parts.filter_map(|part| part.split('}').next()).collect();
    assert!(parts.contains(&"id"), "{format}");
    let others = parts.iter().find(|part| !["id", "FORMAT"].contains(part));
    assert_eq!(others, None, "{format}");
}
