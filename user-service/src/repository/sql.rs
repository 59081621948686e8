//! All SQL text, each statement with what its span says of it.

use constcat::concat;
use grpc_telemetry::store::Operation;

/// A statement: fixed text with placeholders, and its operation for the span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    pub(super) text: &'static str,
    pub(super) operation: Operation,
}

/// What a row is made of.
const COLUMNS: &str = "id, name, email, phone, created_at";
/// The same with the request that created it, where that is compared.
const WITH_REQUEST: &str = concat!(COLUMNS, ", request_id");

/// The statements of one database. How each takes a list is in `params`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statements {
    /// One user by id.
    pub(super) select_user: Statement,
    /// Users by a list of ids.
    pub(super) select_users: Statement,
    /// The users after an id, in order, up to a number.
    pub(super) select_page: Statement,
    /// New users. The constraints decide which may be: a conflict inserts
    /// nothing and is no error, so that no server log repeats the address.
    pub(super) insert_users: Statement,
    /// Ids in advance, and new users with them. None where there are no ids without users.
    pub(super) numbered: Option<Numbered>,
    /// The users in the way of a list of new ones: by request id, or by e-mail in lower case.
    pub(super) select_conflicts: Statement,
    /// The user with the greatest id, to which a sequence that is behind is set: no row if it is
    /// not. None where no sequence can fall behind.
    pub(super) repair_sequence: Option<Statement>,
}

/// The statements for users that have ids before they are created.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbered {
    /// A list of as many ids as are asked for.
    pub(super) draw_ids: Statement,
    /// The same as `insert_users`, with ids.
    pub(super) insert_users: Statement,
}

/// The statements of PostgreSQL.
pub(super) const POSTGRES: Statements = Statements {
    select_user: SELECT_USER,
    select_users: select(concat!(
        "SELECT ",
        COLUMNS,
        " FROM users WHERE id = ANY($1)"
    )),
    select_page: SELECT_PAGE,
    // A row waits for any other with its address that is not committed yet. As all
    // statements insert by address, none wait for one another in a circle; the
    // ids are drawn before, in the order of the list.
    insert_users: insert(concat!(
        "INSERT INTO users (id, name, email, phone, request_id) OVERRIDING SYSTEM VALUE \
         SELECT id, name, email, phone, request_id FROM ( \
             SELECT nextval('users_id_seq') AS id, name, email, phone, request_id \
             FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[]) \
             AS rows(name, email, phone, request_id)) AS numbered \
         ORDER BY lower(email COLLATE \"C\"), id \
         ON CONFLICT DO NOTHING \
         RETURNING ",
        WITH_REQUEST
    )),
    numbered: Some(Numbered {
        draw_ids: on(
            "SELECT",
            "SELECT users_id_seq",
            "users_id_seq",
            "SELECT array_agg(nextval('users_id_seq')) FROM generate_series(1, $1)",
        ),
        // In the migrations: only a function can try without ON CONFLICT, and no server log
        // repeats the address of a conflict.
        insert_users: insert(concat!(
            "SELECT ",
            WITH_REQUEST,
            " FROM insert_users($1::text[], $2::text[], $3::text[], $4::uuid[], $5::bigint[])"
        )),
    }),
    select_conflicts: select(concat!(
        "SELECT ",
        WITH_REQUEST,
        " FROM users \
         WHERE lower(email COLLATE \"C\") = ANY(ARRAY( \
             SELECT lower(email COLLATE \"C\") FROM unnest($1::text[]) AS rows(email))) \
         OR request_id = ANY($2)"
    )),
    // One at a time: another that waited for the lock sees that nothing is left to do, as the
    // place of a sequence is the same for all transactions.
    repair_sequence: Some(select(concat!(
        "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(7310868735422116)), \
         repaired AS MATERIALIZED ( \
             SELECT setval('users_id_seq', (SELECT max(id) FROM users)) AS id FROM turn \
             WHERE coalesce(pg_sequence_last_value('users_id_seq'), 0) < (SELECT max(id) FROM users)) \
         SELECT ",
        WITH_REQUEST,
        " FROM users WHERE id IN (SELECT id FROM repaired)"
    ))),
};

/// The statements of SQLite. It has no collation "C", and its lower() knows ASCII only anyway.
pub(super) const SQLITE: Statements = Statements {
    select_user: SELECT_USER,
    select_users: select(concat!(
        "SELECT ",
        COLUMNS,
        " FROM users WHERE id IN (SELECT value FROM json_each($1))"
    )),
    select_page: SELECT_PAGE,
    // WHERE true: without it the parser takes ON CONFLICT for the condition of a join.
    insert_users: insert(concat!(
        "INSERT INTO users (name, email, phone, request_id) \
         SELECT value ->> 'name', value ->> 'email', value ->> 'phone', \
         unhex(value ->> 'request_id', '-') FROM json_each($1) WHERE true \
         ON CONFLICT DO NOTHING \
         RETURNING ",
        WITH_REQUEST
    )),
    numbered: None,
    select_conflicts: select(concat!(
        "SELECT ",
        WITH_REQUEST,
        " FROM users \
         WHERE request_id IN (SELECT unhex(value ->> 'request_id', '-') FROM json_each($1)) \
         OR lower(email) IN (SELECT lower(value ->> 'email') FROM json_each($1))"
    )),
    // AUTOINCREMENT looks at the ids that are there.
    repair_sequence: None,
};

const SELECT_USER: Statement = select(concat!("SELECT ", COLUMNS, " FROM users WHERE id = $1"));

const SELECT_PAGE: Statement = select(concat!(
    "SELECT ",
    COLUMNS,
    " FROM users WHERE id > $1 ORDER BY id LIMIT $2"
));

const fn select(text: &'static str) -> Statement {
    on("SELECT", "SELECT users", "users", text)
}

const fn insert(text: &'static str) -> Statement {
    on("INSERT", "INSERT users", "users", text)
}

const fn on(
    name: &'static str,
    summary: &'static str,
    collection: &'static str,
    text: &'static str,
) -> Statement {
    Statement {
        text,
        operation: Operation {
            summary,
            name,
            collection: Some(collection),
            text: Some(text),
            batch_size: None,
        },
    }
}
