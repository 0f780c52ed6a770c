-- Delete a link to a phone that is the customer's, and stays so until this is committed.
-- One RotationLink, as it was; none where the phone is not theirs. Indexes: rotation_links_pkey, devices_pkey.
-- scope: tenant
WITH device AS (
    SELECT d.id
    FROM rotation_links AS k
    INNER JOIN devices AS d ON d.id = k.device_id
    WHERE
        k.id = :link_id
        AND d.customer_id = :customer_id
    FOR KEY SHARE OF d
)

DELETE FROM rotation_links AS l
USING device AS d
WHERE
    l.id = :link_id
    AND l.device_id = d.id
RETURNING
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at;
