-- AUTOINCREMENT: an id is never given twice.
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT,
    created_at INTEGER NOT NULL DEFAULT (unixepoch()),
    request_id BLOB
) STRICT;

CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_request_id_key ON users (request_id);
