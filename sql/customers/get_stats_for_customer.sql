-- What the customer has: devices of their own, shares given, bytes used by connections on those devices. A row of
-- CustomerStats. Indexes: devices_customer_id_name_id_idx, device_shares_owner_id_idx, proxy_connections_device_id_idx.
-- scope: tenant
SELECT
    (SELECT count(*) FROM devices AS d WHERE d.customer_id = :customer_id) AS owned_devices,
    (SELECT count(*) FROM device_shares AS s WHERE s.owner_id = :customer_id) AS outgoing_shares,
    (
        SELECT coalesce(sum(x.bandwidth_used), 0)::bigint
        FROM devices AS d
        INNER JOIN proxy_connections AS x ON x.device_id = d.id
        WHERE d.customer_id = :customer_id
    ) AS bandwidth_used_bytes
FROM customers AS c
WHERE c.id = :customer_id;
