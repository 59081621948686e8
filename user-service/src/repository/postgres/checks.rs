//! What a database must be and allow, looked at once at the start.

use sqlx::postgres::PgConnection;
use sqlx::{Error, Executor, Row};

/// The only encoding that has a place for each character of a name.
pub(super) const ENCODING: &str = "UTF8";

/// All in one statement, as each round trip delays the start. The rights are those that the statements
/// need, as a `GRANT` names them; a right to some columns counts, as they may be the ones in use.
const QUESTION: &str = "\
    SELECT current_setting('server_encoding'), current_setting('statement_timeout') <> '0', \
    current_schema()::text, \
    (SELECT string_agg(needed, ', ') FROM (VALUES \
        ('SELECT ON users', has_any_column_privilege('users', 'SELECT')), \
        ('INSERT ON users', has_any_column_privilege('users', 'INSERT')), \
        ('USAGE ON SEQUENCE users_id_seq', has_sequence_privilege('users_id_seq', 'USAGE')), \
        ('EXECUTE ON FUNCTION insert_users', \
         has_function_privilege('insert_users(text[], text[], text[], uuid[], bigint[])', 'EXECUTE')) \
    ) AS rights(needed, granted) WHERE NOT granted)";

/// What a database is, and what it allows.
pub(super) struct State {
    /// In which encoding it keeps text.
    pub(super) encoding: String,
    /// Whether it ends a statement that takes long, as its own settings say.
    pub(super) limits_statements: bool,
    /// The schema that the statements use: the first one in the search path that is there.
    pub(super) schema: String,
    /// The rights that its user lacks, with commas between them.
    pub(super) missing_grants: Option<String>,
}

/// Asks by the simple protocol, which every pooler handles right.
pub(super) async fn state(connection: &mut PgConnection) -> Result<State, Error> {
    let row = connection.fetch_one(QUESTION).await?;
    Ok(State {
        encoding: row.try_get(0)?,
        limits_statements: row.try_get(1)?,
        schema: row.try_get::<Option<_>, _>(2)?.unwrap_or_default(),
        missing_grants: row.try_get(3)?,
    })
}
