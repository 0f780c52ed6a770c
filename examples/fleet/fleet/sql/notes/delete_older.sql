-- Everybody's notes from before then, away. Their number. Reads the whole table, once a night.
-- scope: operator
DELETE FROM notes AS n
WHERE n.created_at < :before;
