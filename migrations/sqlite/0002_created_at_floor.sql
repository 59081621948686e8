-- unixepoch() never rounds up. Both databases have the same versions.
SELECT 1;
