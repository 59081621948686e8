-- A cast rounds: half of all users were created in the second after.
ALTER TABLE users
    ALTER COLUMN created_at SET DEFAULT floor(extract(epoch FROM now()))::bigint;
