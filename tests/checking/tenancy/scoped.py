"""Queries that are well scoped, in as many shapes as services write them: none is to be found fault with."""

_SHARED = "s.shared_with = :customer_id AND NOT s.suspended"

SCOPED: list[str] = [
    # Direct, and through equality chains.
    "SELECT d.id, d.name FROM devices AS d WHERE d.customer_id = :customer_id ORDER BY d.name, d.id",
    "SELECT d.id FROM devices AS d WHERE :customer_id = d.customer_id AND d.status = 'online'",
    "SELECT d.id FROM devices AS d INNER JOIN customers AS c ON c.id = d.customer_id WHERE c.id = :customer_id",
    "SELECT c.name, d.name AS device FROM customers AS c, devices AS d WHERE c.id = :customer_id AND"
    " d.customer_id = c.id",
    "SELECT d.id FROM devices AS d JOIN customers AS c ON d.customer_id = c.id AND c.id = :customer_id",
    "SELECT id, name FROM devices WHERE customer_id = :customer_id",
    "SELECT public.devices.id FROM public.devices WHERE public.devices.customer_id = :customer_id",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = ANY (ARRAY[:customer_id::uuid])",
    "SELECT d.id FROM devices AS d WHERE d.customer_id IN (:customer_id)",
    "SELECT d.id FROM devices AS d WHERE (d.customer_id, d.status) = (:customer_id, 'online')",
    "SELECT d.id FROM devices AS d WHERE (d.customer_id = :customer_id) IS TRUE",
    "SELECT d.id FROM devices AS d WHERE coalesce(d.customer_id = :customer_id, false)",
    "SELECT d.id FROM devices AS d WHERE NOT (d.customer_id <> :customer_id OR d.customer_id IS NULL)"
    " AND d.customer_id = :customer_id",
    # An OR in which each arm is bound, and one that narrows.
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND (d.name = :name OR d.android_id = :name)",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id OR (d.customer_id = :customer_id AND"
    " d.name = '')",
    "SELECT s.id FROM device_shares AS s WHERE s.owner_id = :customer_id OR (" + _SHARED + ")",
    "SELECT c.id FROM proxy_connections AS c WHERE c.customer_id = :customer_id OR c.device_id IN ("
    f"SELECT s.device_id FROM device_shares AS s WHERE {_SHARED})",
    # Through a share.
    f"SELECT d.id FROM device_shares AS s INNER JOIN devices AS d ON d.id = s.device_id WHERE {_SHARED}",
    "SELECT d.id FROM devices AS d WHERE d.id IN (SELECT s.device_id FROM device_shares AS s WHERE"
    " s.shared_with = :customer_id AND s.suspended = false)",
    f"SELECT h.id, h.ip FROM ip_history AS h INNER JOIN device_shares AS s USING (device_id) WHERE {_SHARED}"
    " AND s.can_rotate_ip",
    "SELECT d.id FROM devices AS d WHERE d.id = ANY (SELECT s.device_id FROM device_shares AS s WHERE"
    " s.shared_with = :customer_id AND s.suspended IS FALSE)",
    "SELECT d.id FROM devices AS d WHERE d.id = (SELECT s.device_id FROM device_shares AS s WHERE s.id = :share_id AND"
    f" {_SHARED})",
    "SELECT p.password_plain FROM device_shares AS s INNER JOIN proxy_connections AS c ON c.device_id = s.device_id"
    f" INNER JOIN connection_passwords AS p ON p.connection_id = c.id WHERE {_SHARED} AND"
    f" s.can_download_configs = true",
    # Through the device, by one key or by several columns.
    "SELECT c.id FROM proxy_connections AS c INNER JOIN devices AS d ON d.id = c.device_id"
    " WHERE d.customer_id = :customer_id",
    "SELECT c.id FROM proxy_connections AS c INNER JOIN devices AS d"
    " ON (d.id, d.customer_id) = (c.device_id, c.customer_id) WHERE c.customer_id = :customer_id",
    "SELECT c.username, l.token FROM devices AS d INNER JOIN proxy_connections AS c ON c.device_id = d.id"
    " INNER JOIN rotation_links AS l ON l.device_id = c.device_id WHERE d.customer_id = :customer_id",
    "SELECT b.bytes_in FROM bandwidth_logs AS b WHERE b.device_id IN (SELECT d.id FROM devices AS d WHERE"
    " d.customer_id = :customer_id) AND b.interval_start > now() - interval '1 day'",
    "SELECT h.id FROM ip_history AS h WHERE EXISTS (SELECT FROM devices AS d WHERE d.id = h.device_id AND"
    " d.customer_id = :customer_id)",
    "SELECT c.id FROM proxy_connections AS c NATURAL JOIN (SELECT d.id AS device_id FROM devices AS d"
    " WHERE d.customer_id = :customer_id) AS m",
    # Outer joins.
    "SELECT d.id, c.id AS connection_id FROM devices AS d LEFT JOIN proxy_connections AS c ON c.device_id = d.id"
    " WHERE d.customer_id = :customer_id",
    "SELECT d.id, r.ip FROM devices AS d LEFT JOIN relay_servers AS r ON r.id = d.relay_server_id"
    " WHERE d.customer_id = :customer_id",
    "SELECT c.id, d.id AS device_id FROM customers AS c LEFT JOIN devices AS d ON d.customer_id = c.id"
    " AND d.status = 'online' WHERE c.id = :customer_id",
    "SELECT d.id, l.id AS link_id FROM rotation_links AS l RIGHT JOIN devices AS d ON d.id = l.device_id"
    " WHERE d.customer_id = :customer_id",
    "SELECT d.id FROM devices AS d LEFT JOIN proxy_connections AS c ON c.device_id = d.id LEFT JOIN ip_history AS h"
    " ON h.device_id = d.id AND h.created_at > c.created_at WHERE d.customer_id = :customer_id AND h.id IS NULL",
    "SELECT r.ip, d.id FROM relay_servers AS r LEFT JOIN devices AS d ON d.relay_server_id = r.id"
    " AND d.customer_id = :customer_id",
    "SELECT d.id FROM relay_servers AS r LEFT JOIN devices AS d ON d.relay_server_id = r.id"
    " WHERE d.customer_id = :customer_id",
    "SELECT m.id, o.id AS other FROM (SELECT d.id, d.carrier FROM devices AS d WHERE d.customer_id = :customer_id) AS m"
    " FULL JOIN (SELECT d.id, d.carrier FROM devices AS d WHERE d.customer_id = :customer_id AND d.status ="
    " 'error') AS o"
    " ON o.carrier = m.carrier",
    # NOT EXISTS and other negations, bound inside.
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND NOT EXISTS (SELECT FROM"
    " proxy_connections AS c"
    " WHERE c.device_id = d.id)",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND d.id NOT IN (SELECT c.device_id FROM"
    " proxy_connections AS c WHERE c.customer_id = :customer_id)",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND d.battery_level <= ALL (SELECT"
    " x.battery_level FROM devices AS x WHERE x.customer_id = :customer_id)",
    # CTE chains.
    "WITH mine AS (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id), links AS (SELECT l.id, l.token"
    " FROM rotation_links AS l INNER JOIN mine AS m ON m.id = l.device_id) SELECT k.token FROM links AS k",
    "WITH mine AS (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id), late AS (SELECT m.id"
    " FROM mine AS m),"
    " last AS (SELECT l.id FROM late AS l) SELECT c.id FROM proxy_connections AS c WHERE c.device_id IN"
    " (SELECT id FROM last)",
    "WITH me AS (SELECT c.id FROM customers AS c WHERE c.id = :customer_id)"
    " SELECT d.id FROM devices AS d INNER JOIN me ON me.id = d.customer_id",
    "WITH visible AS (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id UNION ALL SELECT s.device_id"
    f" FROM device_shares AS s WHERE {_SHARED}) SELECT c.id, c.username FROM proxy_connections AS c"
    " INNER JOIN visible AS v ON v.id = c.device_id",
    "WITH who AS (SELECT :customer_id::uuid AS id) SELECT d.id FROM devices AS d INNER JOIN who AS w ON w.id ="
    " d.customer_id",
    "SELECT d.id FROM (VALUES (:customer_id::uuid)) AS w (id) INNER JOIN devices AS d ON d.customer_id = w.id",
    # Set operations.
    "SELECT d.name FROM devices AS d WHERE d.customer_id = :customer_id UNION SELECT c.username FROM"
    " proxy_connections AS c"
    " WHERE c.customer_id = :customer_id ORDER BY 1",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id EXCEPT SELECT c.device_id FROM"
    " proxy_connections AS c"
    " WHERE c.customer_id = :customer_id",
    "SELECT x.id FROM (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id INTERSECT SELECT"
    " l.device_id FROM"
    " rotation_links AS l INNER JOIN devices AS d ON d.id = l.device_id WHERE d.customer_id = :customer_id) AS x",
    # LATERAL.
    "SELECT d.id, h.ip FROM devices AS d CROSS JOIN LATERAL (SELECT h.ip FROM ip_history AS h WHERE h.device_id = d.id"
    " ORDER BY h.created_at DESC LIMIT 1) AS h WHERE d.customer_id = :customer_id",
    "SELECT d.id, n.n FROM devices AS d LEFT JOIN LATERAL (SELECT count(*) AS n FROM proxy_connections AS c"
    " WHERE c.device_id = d.id) AS n ON true WHERE d.customer_id = :customer_id",
    "SELECT d.id, w.ip FROM devices AS d CROSS JOIN LATERAL unnest(ARRAY[d.wifi_ip, d.vpn_ip]) AS w (ip)"
    " WHERE d.customer_id = :customer_id",
    # Aggregates, grouping, windows.
    "SELECT d.status, count(*) AS n FROM devices AS d WHERE d.customer_id = :customer_id GROUP BY d.status"
    " HAVING count(*) > 1",
    "SELECT d.id, count(c.id) AS n FROM devices AS d LEFT JOIN proxy_connections AS c ON c.device_id = d.id"
    " WHERE d.customer_id = :customer_id GROUP BY d.id",
    "SELECT d.id, row_number() OVER (PARTITION BY d.status ORDER BY d.name) AS n FROM devices AS d"
    " WHERE d.customer_id = :customer_id",
    "SELECT x.id FROM (SELECT d.id, rank() OVER (ORDER BY d.battery_level) AS n FROM devices AS d"
    " WHERE d.customer_id = :customer_id) AS x WHERE x.n <= 3",
    "SELECT d.carrier, d.status, count(*) AS n FROM devices AS d WHERE d.customer_id = :customer_id"
    " GROUP BY ROLLUP (d.carrier, d.status)",
    "SELECT x.id, l.token FROM (SELECT d.id, max(d.updated_at) AS at FROM devices AS d"
    " WHERE d.customer_id = :customer_id GROUP BY d.id) AS x INNER JOIN rotation_links AS l ON l.device_id = x.id",
    "SELECT DISTINCT ON (h.device_id) h.device_id, h.ip FROM ip_history AS h INNER JOIN devices AS d"
    " ON d.id = h.device_id WHERE d.customer_id = :customer_id ORDER BY h.device_id, h.created_at DESC",
    "SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM ip_history AS h WHERE h.device_id = d.id)) AS n"
    " FROM devices AS d WHERE d.customer_id = :customer_id",
    # Keysets.
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND (d.name, d.id) > (:name, :id)"
    " ORDER BY d.name, d.id LIMIT :limit",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND (d.name, d.id) > (SELECT x.name, x.id FROM"
    " devices AS x WHERE x.id = :after AND x.customer_id = :customer_id) ORDER BY d.name, d.id LIMIT 10",
    # Sub-queries for values, CASE, sub-queries in FROM that are bound outside.
    "SELECT d.id, (SELECT count(*) FROM proxy_connections AS c WHERE c.device_id = d.id) AS n FROM devices AS d"
    " WHERE d.customer_id = :customer_id",
    "SELECT c.id, CASE WHEN EXISTS (SELECT FROM devices AS d WHERE d.id = c.device_id AND d.customer_id = :customer_id)"
    " THEN (SELECT w.password_plain FROM connection_passwords AS w WHERE w.connection_id = c.id) END AS password"
    " FROM proxy_connections AS c WHERE c.customer_id = :customer_id",
    "SELECT c.id, CASE WHEN d.customer_id = :customer_id THEN (SELECT w.password_plain FROM connection_passwords AS w"
    " WHERE w.connection_id = c.id) END AS password FROM proxy_connections AS c INNER JOIN devices AS d"
    " ON d.id = c.device_id WHERE d.customer_id = :customer_id",
    "SELECT x.id FROM (SELECT d.id, d.customer_id AS owner FROM devices AS d) AS x WHERE x.owner = :customer_id",
    "SELECT f.id, f.name FROM fleet AS f WHERE f.customer_id = :customer_id",
    "SELECT f.id, c.id AS connection_id FROM fleet AS f LEFT JOIN proxy_connections AS c ON c.device_id = f.id"
    " WHERE f.customer_id = :customer_id",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT n.i + 1 FROM n WHERE n.i < 5) SELECT n.i, d.id FROM n,"
    " devices AS d WHERE d.customer_id = :customer_id",
    "SELECT g.day, count(h.id) AS n FROM generate_series(1, 7) AS g (day) LEFT JOIN (SELECT h.id, h.created_at FROM"
    " ip_history AS h INNER JOIN devices AS d ON d.id = h.device_id WHERE d.customer_id = :customer_id) AS h"
    " ON extract(dow FROM h.created_at) = g.day GROUP BY g.day ORDER BY g.day",
    "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id FOR UPDATE SKIP LOCKED",
    # Writes.
    "UPDATE devices AS d SET (name, description) = (SELECT x.name, x.description FROM devices AS x WHERE x.id = :other"
    " AND x.customer_id = :customer_id) WHERE d.customer_id = :customer_id AND d.id = :id",
    "UPDATE devices AS d SET name = :name, updated_at = now() WHERE d.id = :id AND d.customer_id = :customer_id",
    f"UPDATE devices AS d SET name = :name FROM device_shares AS s WHERE s.device_id = d.id AND {_SHARED}"
    " AND s.can_rename AND d.id = :id",
    "UPDATE proxy_connections AS c SET active = false FROM devices AS d WHERE d.id = c.device_id"
    " AND d.customer_id = :customer_id RETURNING c.id, d.name",
    "DELETE FROM proxy_connections AS c USING devices AS d WHERE d.id = c.device_id AND d.customer_id = :customer_id"
    " AND c.id = :id",
    "DELETE FROM rotation_links AS l WHERE l.device_id IN (SELECT d.id FROM devices AS d WHERE"
    " d.customer_id = :customer_id)",
    "DELETE FROM device_shares AS s WHERE s.owner_id = :customer_id AND s.device_id = :device_id RETURNING s.id",
    "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id)"
    " VALUES (:code, :token, now() + interval '1 hour', :customer_id) RETURNING id, code",
    "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id)"
    " VALUES (:code, :token, now(), :customer_id), (:other, :token, now(), :customer_id)",
    "INSERT INTO rotation_links (device_id, token, name) SELECT d.id, :token, d.name FROM devices AS d"
    " WHERE d.id = :device_id AND d.customer_id = :customer_id ON CONFLICT (token) DO NOTHING",
    "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename) SELECT d.id, :customer_id, :other, true"
    " FROM devices AS d WHERE d.id = :device_id AND d.customer_id = :customer_id"
    " ON CONFLICT (device_id, shared_with) DO UPDATE SET can_rename = true RETURNING id",
    f"INSERT INTO device_commands (device_id, type) SELECT s.device_id, 'rotate_ip' FROM device_shares AS s"
    f" WHERE {_SHARED}"
    " AND s.can_rotate_ip",
    "WITH renamed AS (UPDATE devices AS d SET name = :name WHERE d.customer_id = :customer_id AND d.id = :device_id"
    " RETURNING d.id) SELECT c.id FROM proxy_connections AS c INNER JOIN renamed AS r ON r.id = c.device_id",
    "WITH gone AS (DELETE FROM device_shares AS s WHERE s.owner_id = :customer_id AND s.id = :share_id"
    " RETURNING s.device_id)"
    " INSERT INTO device_commands (device_id, type) SELECT g.device_id, 'update_config' FROM gone AS g",
    "MERGE INTO device_shares AS s USING (SELECT d.id, d.customer_id FROM devices AS d WHERE d.id = :device_id"
    " AND d.customer_id = :customer_id) AS d ON s.device_id = d.id AND s.shared_with = :other"
    " WHEN MATCHED THEN UPDATE SET can_rename = true WHEN NOT MATCHED THEN INSERT (device_id, owner_id, shared_with)"
    " VALUES (d.id, d.customer_id, :other)",
    # A sub-query that finds nothing names nothing.
    "INSERT INTO device_commands (device_id, type) VALUES ((SELECT d.id FROM devices AS d WHERE d.id = :device_id"
    " AND d.customer_id = :customer_id), 'reboot')",
    "INSERT INTO device_shares (device_id, owner_id, shared_with) SELECT d.id, d.customer_id, :other FROM devices AS d"
    " WHERE d.id = :device_id AND d.customer_id = :customer_id ON CONFLICT ON CONSTRAINT"
    " device_shares_device_id_shared_with_key DO UPDATE SET can_rename = true",
    "DELETE FROM rotation_links AS l WHERE l.id = :id AND (SELECT d.customer_id FROM devices AS d"
    " WHERE d.id = l.device_id) = :customer_id",
    # Where null is as good as false, what stands beside AND is known.
    "SELECT d.id, CASE WHEN d.customer_id = :customer_id AND EXISTS (SELECT FROM rotation_links AS l"
    " WHERE l.device_id = d.id) THEN 1 ELSE 0 END AS n FROM devices AS d INNER JOIN device_shares AS s"
    " ON s.device_id = d.id WHERE s.shared_with = :customer_id AND NOT s.suspended",
]
