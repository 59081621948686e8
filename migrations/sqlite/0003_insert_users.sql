-- SQLite has no functions. Both databases have the same versions.
SELECT 1;
