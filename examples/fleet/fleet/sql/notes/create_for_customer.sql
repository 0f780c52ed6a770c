-- A note on a phone of the customer's own, or one that is shared with them. The row as stored; none where it is neither.
-- A row of Note. Index: devices_pkey.
-- scope: tenant
WITH device AS (
    SELECT d.id, d.customer_id
    FROM devices AS d
    WHERE
        d.id = :device_id
        AND (
            d.customer_id = :customer_id
            OR EXISTS (
                SELECT FROM device_shares AS s
                WHERE s.device_id = d.id AND s.shared_with = :customer_id AND NOT s.suspended
            )
        )
)

INSERT INTO notes (device_id, owner_id, author_id, body)
SELECT
    d.id,
    d.customer_id,
    :customer_id,
    :body
FROM device AS d
RETURNING id, device_id, author_id, body, created_at;
