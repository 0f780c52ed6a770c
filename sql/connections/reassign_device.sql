-- How many connections moved to the other device, whose owner's they are now. Indexes: proxy_connections_device_id_idx,
-- devices_pkey.
-- scope: operator
WITH target AS (
    SELECT d.customer_id
    FROM devices AS d
    WHERE d.id = :to_device_id
    FOR KEY SHARE
)

UPDATE proxy_connections AS c
SET device_id = :to_device_id, customer_id = (SELECT t.customer_id FROM target AS t), updated_at = now()
WHERE c.device_id = :device_id;
