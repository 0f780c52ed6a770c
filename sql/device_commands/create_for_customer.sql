-- A new command: any for the phone's owner, rotate_ip for a grantee who may rotate. That holds until it is committed.
-- One DeviceCommand; none where the customer may not. Indexes: device_shares_device_id_shared_with_key, devices_pkey.
-- scope: tenant
WITH share AS (
    SELECT s.device_id
    FROM device_shares AS s
    WHERE
        s.device_id = :device_id
        AND s.shared_with = :customer_id
        AND s.can_rotate_ip
        AND NOT s.suspended
        AND :type = 'rotate_ip'
    FOR SHARE
),

device AS (
    SELECT d.id
    FROM devices AS d
    WHERE
        d.id = :device_id
        AND (d.customer_id = :customer_id OR EXISTS (SELECT FROM share))
    FOR KEY SHARE
)

INSERT INTO device_commands AS c (device_id, type, payload)
SELECT
    d.id,
    :type,
    coalesce(:payload::jsonb, '{}')
FROM device AS d
RETURNING
    c.id,
    c.device_id,
    c.type,
    c.status,
    c.payload,
    c.result,
    c.created_at,
    c.executed_at;
