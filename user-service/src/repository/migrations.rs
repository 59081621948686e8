//! The migrations of both databases, embedded in the binary.

use std::borrow::Cow;
use std::collections::HashSet;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};

/// Where sqlx keeps account of what was applied.
const TABLE: &str = "_sqlx_migrations";

/// The migrations of PostgreSQL.
pub(super) fn postgres() -> Migrator {
    migrator(&[
        (
            1,
            "users",
            include_str!("../../../migrations/postgres/0001_users.sql"),
        ),
        (
            2,
            "created at floor",
            include_str!("../../../migrations/postgres/0002_created_at_floor.sql"),
        ),
        (
            3,
            "insert users",
            include_str!("../../../migrations/postgres/0003_insert_users.sql"),
        ),
    ])
}

/// The migrations of SQLite.
pub(super) fn sqlite() -> Migrator {
    migrator(&[
        (
            1,
            "users",
            include_str!("../../../migrations/sqlite/0001_users.sql"),
        ),
        (
            2,
            "created at floor",
            include_str!("../../../migrations/sqlite/0002_created_at_floor.sql"),
        ),
        (
            3,
            "insert users",
            include_str!("../../../migrations/sqlite/0003_insert_users.sql"),
        ),
    ])
}

fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = migrations.iter().map(|&(version, description, sql)| {
        let description = Cow::Borrowed(description);
        Migration::new(
            version,
            description,
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // A rollback starts an older binary on a newer schema: migrations only ever add.
    migrator.set_ignore_missing(true);
    migrator
}

/// How many of `migrator`'s migrations the database lacks. Changes nothing.
pub(super) async fn pending<C: Migrate>(
    migrator: &Migrator,
    connection: &mut C,
) -> Result<usize, MigrateError> {
    let applied = match connection.list_applied_migrations(TABLE).await {
        Ok(applied) => applied,
        // Nothing was ever applied.
        Err(MigrateError::Execute(error)) if is_no_such_table(&error) => Vec::new(),
        Err(error) => return Err(error),
    };
    let applied: HashSet<i64> = applied.iter().map(|migration| migration.version).collect();
    Ok(migrator
        .iter()
        .filter(|migration| !applied.contains(&migration.version))
        .count())
}

/// SQLite has one code for all that is wrong with a statement, and this one is right otherwise.
fn is_no_such_table(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "42P01" || code == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_versions() {
        let versions = |migrator: Migrator| -> Vec<_> {
            let described = |it: &Migration| (it.version, it.description.clone());
            migrator.iter().map(described).collect()
        };
        assert_eq!(versions(postgres()), versions(sqlite()));
    }
}
