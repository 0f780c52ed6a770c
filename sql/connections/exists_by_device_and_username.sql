-- Whether the device has a connection of that username. One value. Index: proxy_connections_device_id_idx.
-- scope: operator
SELECT EXISTS (
    SELECT FROM proxy_connections AS c
    WHERE c.device_id = :device_id AND c.username = :username
) AS is_there;
