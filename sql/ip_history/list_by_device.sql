-- The phone's addresses, newest first. Rows of IpHistoryEntry. Index: ip_history_device_id_created_at_idx.
-- scope: operator
SELECT
    h.id,
    h.device_id,
    host(h.ip) AS ip,
    h.method,
    h.created_at
FROM ip_history AS h
WHERE h.device_id = :device_id
ORDER BY h.created_at DESC, h.id DESC
LIMIT :limit;
