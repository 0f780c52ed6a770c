-- The text as it was given.
-- scope: operator
SELECT :body::text AS body;
