-- Delete the codes that ran out before a phone claimed them; a claimed code stays as the record of who joined by it.
-- The number deleted. No index: the whole table.
-- scope: operator
DELETE FROM pairing_codes AS p
WHERE
    p.claimed_at IS NULL
    AND p.expires_at <= now();
