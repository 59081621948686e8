CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    created_at bigint NOT NULL DEFAULT extract(epoch FROM now())::bigint,
    request_id uuid
);

-- "C" lower-cases ASCII alike in every locale, and addresses are ASCII.
CREATE UNIQUE INDEX users_email_key ON users (lower(email COLLATE "C"));
CREATE UNIQUE INDEX users_request_id_key ON users (request_id);
