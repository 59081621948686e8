-- Users with ids, all that can be. A conflict is no error, so that no server log repeats an
-- address. ON CONFLICT looks into every index before it inserts a row: it is left to lists that have one.
CREATE FUNCTION insert_users(names text[], emails text[], phones text[], request_ids uuid[], ids bigint[])
RETURNS SETOF users LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
        INSERT INTO users (id, name, email, phone, request_id) OVERRIDING SYSTEM VALUE
        SELECT rows.id, rows.name, rows.email, rows.phone, rows.request_id
        FROM unnest(names, emails, phones, request_ids, ids) AS rows(name, email, phone, request_id, id)
        ORDER BY lower(rows.email COLLATE "C"), rows.id
        RETURNING users.*;
EXCEPTION WHEN unique_violation THEN
    RETURN QUERY
        INSERT INTO users (id, name, email, phone, request_id) OVERRIDING SYSTEM VALUE
        SELECT rows.id, rows.name, rows.email, rows.phone, rows.request_id
        FROM unnest(names, emails, phones, request_ids, ids) AS rows(name, email, phone, request_id, id)
        ORDER BY lower(rows.email COLLATE "C"), rows.id
        ON CONFLICT DO NOTHING
        RETURNING users.*;
END
$$;
