-- The notes on a phone, oldest first: all of them for its owner, their own for anybody else. Rows of Note.
-- Index: notes_device_id_created_at_id_idx.
-- scope: tenant
SELECT
    n.id,
    n.device_id,
    n.author_id,
    n.body,
    n.created_at
FROM notes AS n
WHERE
    n.device_id = :device_id
    AND (n.owner_id = :customer_id OR n.author_id = :customer_id)
ORDER BY n.created_at, n.id;
