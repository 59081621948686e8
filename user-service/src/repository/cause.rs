//! What a driver reports, as operators read it: with the code that the documents of the database
//! list, and at a start with what helps.

use std::error::Error as StdError;
use std::fmt::{self, Display, Formatter};

use sqlx::migrate::MigrateError;

/// An error of a driver. Its sentence lacks the line in PostgreSQL's own source code that sqlx adds.
#[derive(Debug)]
pub(super) struct Cause(pub(super) sqlx::Error);

impl Display for Cause {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&sentence(&self.0))
    }
}

impl StdError for Cause {}

/// `error` in one line.
pub(super) fn sentence(error: &sqlx::Error) -> String {
    let Some(database) = error.as_database_error() else {
        return error.to_string();
    };
    match database.code() {
        Some(code) => format!("{} (code {code})", database.message()),
        None => database.message().to_owned(),
    }
}

/// `error` in one line, with what helps if that is known.
pub(super) fn with_advice(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|it| it.code());
    let sentence = sentence(error);
    match code.as_deref().and_then(advice) {
        Some(advice) => format!("{sentence}; {advice}"),
        None => sentence,
    }
}

/// Why migrations could not be read, in one line.
pub(super) fn of_history(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) => sentence(error),
        error => error.to_string(),
    }
}

/// Why a migration failed, in one line, with what helps if that is known.
pub(super) fn of_migration(error: &MigrateError) -> String {
    match error {
        MigrateError::Execute(error) => with_advice(error),
        MigrateError::ExecuteMigration(error, version) => {
            format!("migration {version}: {}", with_advice(error))
        }
        error => error.to_string(),
    }
}

/// What helps a start that the database refuses with `code`.
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "42501" => {
            "let this user create tables (GRANT CREATE ON SCHEMA), or name one that may in DATABASE_MIGRATION_URL"
        }
        "25006" => "migrate the primary, and without default_transaction_read_only",
        "3F000" => "create a schema that is in the search_path of this user",
        // Of a table and of a function.
        "42P07" | "42723" => {
            "no migration in _sqlx_migrations made it: use an empty schema, or restore that table too"
        }
        "42P01" | "42883" => {
            "a migration in _sqlx_migrations made it: restore the whole schema, not only some of its tables"
        }
        // Of SQLite.
        "8" => "let this user write the file and its folder",
        _ => return None,
    })
}
