//! What a database must be and allow, looked at once at the start.

use sqlx::postgres::PgConnection;
use sqlx::{Error, Executor, Row};

/// The only encoding that has a place for each character of a name.
pub(super) const ENCODING: &str = "UTF8";

/// The rights that the statements need, as a `GRANT` names them. A right to some columns
/// counts, as they may be the ones in use.
const MISSING_GRANTS: &str = "\
    SELECT 'SELECT ON users' WHERE NOT has_any_column_privilege('users', 'SELECT') \
    UNION ALL \
    SELECT 'INSERT ON users' WHERE NOT has_any_column_privilege('users', 'INSERT') \
    UNION ALL \
    SELECT 'USAGE ON SEQUENCE users_id_seq' \
    WHERE NOT has_sequence_privilege('users_id_seq', 'USAGE')";

/// In which encoding the database keeps text.
pub(super) async fn encoding(connection: &mut PgConnection) -> Result<String, Error> {
    let row = connection.fetch_one("SHOW server_encoding").await?;
    row.try_get(0)
}

/// The rights that the user of the database lacks, with commas between them.
pub(super) async fn missing_grants(connection: &mut PgConnection) -> Result<String, Error> {
    let missing: Vec<String> = sqlx::query_scalar(MISSING_GRANTS)
        .fetch_all(connection)
        .await?;
    Ok(missing.join(", "))
}
