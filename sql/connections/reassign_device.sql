-- How many connections moved to the other device, whose owner's they are now. The devices are locked first: that is the
-- order of locks. Indexes: proxy_connections_device_id_idx, devices_pkey.
-- scope: operator
WITH device AS (
    SELECT
        d.id,
        d.customer_id
    FROM devices AS d
    WHERE d.id IN (:device_id, :to_device_id)
    ORDER BY d.id
    FOR NO KEY UPDATE
)

UPDATE proxy_connections AS c
SET
    device_id = :to_device_id,
    customer_id = (SELECT d.customer_id FROM device AS d WHERE d.id = :to_device_id),
    updated_at = now()
WHERE c.device_id = :device_id AND (SELECT count(*) FROM device) >= 0;
