-- A new link to a phone that is the customer's, and stays so until this is committed.
-- One RotationLink; none where the phone is not theirs. Index: devices_pkey.
-- scope: tenant
WITH device AS (
    SELECT d.id
    FROM devices AS d
    WHERE
        d.id = :device_id
        AND d.customer_id = :customer_id
    FOR KEY SHARE
)

INSERT INTO rotation_links AS l (device_id, token, name)
SELECT
    d.id,
    :token,
    :name
FROM device AS d
RETURNING
    l.id,
    l.device_id,
    l.token,
    l.name,
    l.created_at,
    l.last_used_at;
