-- Note an address that the phone got. One IpHistoryEntry.
-- scope: operator
INSERT INTO ip_history AS h (device_id, ip, method)
VALUES (:device_id, :ip, :method)
RETURNING
    h.id,
    h.device_id,
    host(h.ip) AS ip,
    h.method,
    h.created_at;
