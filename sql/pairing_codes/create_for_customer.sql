-- A new code of the customer's. The phone that it replaces, if it names one, is theirs until this is committed.
-- One PairingCode, without the token; none where that phone is not theirs. Index: devices_pkey.
-- scope: tenant
WITH device AS (
    SELECT d.id
    FROM devices AS d
    WHERE
        d.id = :reassign_device_id
        AND d.customer_id = :customer_id
    FOR KEY SHARE
)

INSERT INTO pairing_codes AS p (
    code,
    device_auth_token,
    expires_at,
    relay_server_id,
    reassign_device_id,
    customer_id
)
SELECT
    :code,
    :device_auth_token,
    :expires_at,
    :relay_server_id,
    :reassign_device_id,
    :customer_id
WHERE
    :reassign_device_id IS NULL
    OR EXISTS (SELECT FROM device)
RETURNING
    p.id,
    p.code,
    NULL::text AS device_auth_token,
    p.claimed_by_device_id,
    p.claimed_at,
    p.expires_at,
    p.created_by,
    p.created_at,
    p.relay_server_id,
    p.reassign_device_id,
    p.customer_id;
