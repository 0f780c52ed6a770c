"""Queries of each leak class that the text of one can hold, with what is to be found, and where.

The names are those of the isolation engines; several in one are parted by ``·``. The last few are of this proof alone.
"""

LEAKS: dict[str, list[str]] = {
    "missing predicate": [
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.id = :device_id AND :customer_id::uuid IS NOT NULL",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.name = :name AND d.status <> 'error'"
        " AND :customer_id::uuid <> d.id",
        "SELECT c.id FROM {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id"
        " AND :customer_id::uuid IS NOT NULL",
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND d.base_port >"
        " (SELECT min(x.base_port) FROM {{tenant-missing|devices}} AS x)",
        "SELECT (SELECT x.name FROM {{tenant-missing|devices}} AS x WHERE x.id = :device_id) AS name"
        " FROM customers AS c WHERE c.id = :customer_id",
    ],
    "OR that escapes the predicate": [
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id {{tenant-or|OR}} d.status = 'online'",
        "SELECT d.id FROM devices AS d WHERE d.id = :device_id AND (d.customer_id = :customer_id {{tenant-or|OR}}"
        " EXISTS (SELECT FROM device_shares AS s WHERE s.device_id = d.id AND s.shared_with = :customer_id"
        " AND NOT s.suspended) OR d.name = '')",
        "SELECT d.id FROM devices AS d WHERE (d.name = :name OR d.name = '') AND"
        " (d.customer_id = :customer_id {{tenant-or|OR}} d.customer_id IS NULL)",
        "SELECT c.id FROM proxy_connections AS c WHERE c.customer_id = :customer_id AND c.active"
        " {{tenant-or|OR}} c.username = :username",
        "SELECT s.id FROM device_shares AS s WHERE s.owner_id = :customer_id {{tenant-or|OR}} s.device_id = :device_id",
    ],
    "predicate on one side of a join only": [
        "SELECT x.name FROM devices AS d INNER JOIN {{tenant-missing|devices}} AS x ON x.carrier = d.carrier"
        " WHERE d.customer_id = :customer_id",
        "SELECT c.id FROM devices AS d INNER JOIN {{tenant-missing|proxy_connections}} AS c ON c.active"
        " WHERE d.customer_id = :customer_id",
        "SELECT d.name FROM proxy_connections AS c INNER JOIN {{tenant-missing|devices}} AS d ON d.id = c.device_id"
        " WHERE c.customer_id = :customer_id",
        "SELECT l.id FROM devices AS d, {{tenant-missing|rotation_links}} AS l WHERE d.customer_id = :customer_id",
    ],
    "predicate only in the ON of an outer join": [
        "SELECT d.id, c.id AS connection_id FROM {{tenant-outer-join|devices}} AS d LEFT JOIN proxy_connections AS c"
        " ON c.device_id = d.id AND d.customer_id = :customer_id",
        "SELECT d.id FROM customers AS c RIGHT JOIN {{tenant-outer-join|devices}} AS d ON d.customer_id = c.id"
        " AND c.id = :customer_id",
        "SELECT d.id FROM {{tenant-outer-join|customers}} AS c FULL JOIN {{tenant-outer-join|devices}} AS d"
        " ON d.customer_id = c.id AND c.id = :customer_id",
        "SELECT d.id FROM devices AS d LEFT JOIN proxy_connections AS c ON c.active WHERE d.customer_id = :customer_id"
        " AND (c.customer_id = :customer_id {{tenant-or|OR}} c.id IS NULL)",
    ],
    "predicate in one branch of a union only": [
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id"
        " UNION ALL SELECT x.id FROM {{tenant-missing|devices}} AS x WHERE x.name = :name",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d"
        " EXCEPT SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id",
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id"
        " INTERSECT SELECT d.id FROM {{tenant-missing|devices}} AS d",
        "SELECT p.id FROM {{tenant-missing|proxy_connections}} AS p WHERE p.device_id IN ("
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id"
        " UNION SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.name = '')",
    ],
    "predicate in one CTE only": [
        "WITH mine AS (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id),"
        " theirs AS (SELECT c.id, c.device_id FROM {{tenant-missing|proxy_connections}} AS c WHERE c.active)"
        " SELECT m.id FROM mine AS m, theirs AS t",
        "WITH busy AS (SELECT c.device_id, count(*) AS n FROM {{tenant-missing|proxy_connections}} AS c"
        " GROUP BY c.device_id) SELECT d.id, b.n FROM devices AS d INNER JOIN busy AS b ON b.device_id = d.id"
        " WHERE d.customer_id = :customer_id",
        "WITH devices AS (SELECT d.id FROM {{tenant-missing|devices}} AS d) SELECT count(*) AS n FROM devices AS d,"
        " customers AS c WHERE c.id = :customer_id",
    ],
    "wrong parameter": [
        "SELECT d.id FROM {{tenant-parameter|devices}} AS d WHERE d.customer_id = :owner_id"
        " AND d.relay_server_id <> :customer_id",
        "SELECT s.id FROM {{tenant-parameter|device_shares}} AS s WHERE s.shared_with = :other AND NOT s.suspended"
        " AND s.owner_id <> :customer_id",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.customer_id IN (:customer_id, :other)",
    ],
    "unscoped update · unscoped delete": [
        "UPDATE {{tenant-missing|devices}} AS d SET name = :name WHERE d.id = :device_id"
        " AND :customer_id::uuid IS NOT NULL",
        "DELETE FROM {{tenant-missing|proxy_connections}} AS c WHERE c.id = :connection_id"
        " AND c.device_id <> :customer_id",
        "DELETE FROM {{tenant-missing|rotation_links}} AS l USING devices AS d WHERE d.customer_id = :customer_id"
        " AND l.name = d.name",
        "UPDATE {{tenant-missing|proxy_connections}} AS c SET active = false FROM devices AS d"
        " WHERE d.customer_id = :customer_id",
        "WITH gone AS (DELETE FROM {{tenant-missing|device_shares}} AS s WHERE s.id = :share_id RETURNING s.id)"
        " SELECT g.id FROM gone AS g, customers AS c WHERE c.id = :customer_id",
        "UPDATE {{table-unknown|fleet}} AS f SET name = :name WHERE f.customer_id = :customer_id",
        "INSERT INTO {{insert|ip_history}} (device_id, ip) SELECT d.id, :ip FROM devices AS d"
        " WHERE d.customer_id = :customer_id",
        "DELETE FROM {{delete|devices}} AS d WHERE d.customer_id = :customer_id",
    ],
    "insert with another's device_id": [
        "INSERT INTO rotation_links ({{reference|device_id}}, token, name) SELECT :device_id, :token, :name"
        " FROM customers AS c WHERE c.id = :customer_id",
        "INSERT INTO device_commands ({{reference|device_id}}, type) VALUES (:device_id, 'reboot')"
        " RETURNING id, :customer_id::uuid AS customer_id",
        "INSERT INTO proxy_connections ({{reference|device_id}}, customer_id, username, password_hash)"
        " VALUES (:device_id, :customer_id, :username, :password_hash)",
        "INSERT INTO device_shares ({{reference|device_id}}, owner_id, shared_with)"
        " VALUES (:device_id, :customer_id, :shared_with)",
        "INSERT INTO pairing_codes (code, device_auth_token, expires_at, {{reference|reassign_device_id}}, customer_id)"
        " VALUES (:code, :token, now(), :device_id, :customer_id)",
    ],
    "composite key with null": [
        "INSERT INTO proxy_connections ({{reference|device_id}}, {{insert-owner|customer_id}}, username, password_hash)"
        " SELECT :device_id, NULL, :username, :password_hash FROM customers AS c WHERE c.id = :customer_id",
        "INSERT INTO {{insert-owner|proxy_connections}} (device_id, username, password_hash)"
        " SELECT d.id, :username, :password_hash FROM devices AS d WHERE d.customer_id = :customer_id",
    ],
    "existence by foreign key": [
        "INSERT INTO device_commands ({{reference|device_id}}, type) SELECT :device_id, 'reboot'"
        " WHERE EXISTS (SELECT FROM devices AS d WHERE d.customer_id = :customer_id)",
    ],
    "existence by unique violation": [
        "INSERT INTO rotation_links (device_id, token, {{insert-column,unique|id}})"
        " SELECT d.id, :token, :link_id FROM devices AS d WHERE d.id = :device_id AND d.customer_id = :customer_id",
        "UPDATE devices AS d SET {{update-column,unique|base_port}} = :port WHERE d.id = :device_id"
        " AND d.customer_id = :customer_id",
    ],
    "existence by ON CONFLICT": [
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash,"
        " {{insert-column,unique|base_port}}) SELECT d.id, d.customer_id, :username, :password_hash, :port"
        " FROM devices AS d"
        " WHERE d.id = :device_id AND d.customer_id = :customer_id ON CONFLICT DO NOTHING",
        "INSERT INTO {{conflict-row|rotation_links}} (device_id, token, name) SELECT d.id, :token, :name"
        " FROM devices AS d WHERE d.id = :device_id AND d.customer_id = :customer_id"
        " ON CONFLICT (token) DO UPDATE SET name = excluded.name",
        "INSERT INTO device_shares (device_id, owner_id, shared_with) SELECT d.id, d.customer_id, :other"
        " FROM devices AS d WHERE d.id = :device_id AND d.customer_id = :customer_id"
        " ON CONFLICT (device_id, shared_with) DO UPDATE SET {{update-owner|shared_with}} = :customer_id",
    ],
    "count · aggregate · RETURNING": [
        "SELECT count(*) AS n FROM {{tenant-missing|devices}} AS d, customers AS c WHERE c.id = :customer_id",
        "SELECT count(*) FILTER (WHERE d.customer_id = :customer_id) AS n FROM {{tenant-missing|devices}} AS d",
        "SELECT sum(CASE WHEN d.customer_id = :customer_id THEN 1 END) AS n FROM {{tenant-missing|devices}} AS d",
        "SELECT count(*) AS n, (SELECT count(*) FROM {{tenant-missing|proxy_connections}} AS c"
        " WHERE c.device_id = :device_id) AS others FROM devices AS d WHERE d.id = :device_id"
        " AND d.customer_id = :customer_id",
        "UPDATE devices AS d SET name = :name WHERE d.id = :device_id AND d.customer_id = :customer_id"
        " RETURNING (SELECT count(*) FROM {{tenant-missing|devices}} AS x) AS n",
        "SELECT rank() OVER (ORDER BY d.base_port) AS place, d.customer_id FROM {{tenant-missing|devices}} AS d"
        " ORDER BY d.customer_id = :customer_id",
        "SELECT x.id, x.n FROM (SELECT d.id, d.customer_id, row_number() OVER (ORDER BY d.id) AS n"
        " FROM {{tenant-missing|devices}} AS d) AS x WHERE x.customer_id = :customer_id",
        "SELECT x.id FROM (SELECT d.id, d.customer_id FROM {{tenant-missing|devices}} AS d ORDER BY d.name LIMIT 9)"
        " AS x WHERE x.customer_id = :customer_id",
        "SELECT d.customer_id, count(*) AS n FROM {{tenant-missing|devices}} AS d GROUP BY d.customer_id"
        " HAVING d.customer_id = :customer_id",
    ],
    "keyset cursor of another tenant replayed": [
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND (d.name, d.id) >"
        " (SELECT x.name, x.id FROM {{tenant-missing|devices}} AS x WHERE x.id = :after_id) ORDER BY d.name, d.id",
        "WITH last AS (SELECT x.created_at FROM {{tenant-missing|ip_history}} AS x WHERE x.id = :after_id)"
        " SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id"
        " AND d.created_at < (SELECT l.created_at FROM last AS l)",
    ],
    "null owner": [
        "SELECT d.id FROM {{tenant-null|devices}} AS d WHERE d.customer_id IS NOT DISTINCT FROM :customer_id",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE coalesce(d.customer_id, :customer_id) = :customer_id",
        "INSERT INTO {{insert-owner|pairing_codes}} (code, device_auth_token, expires_at) SELECT :code, :token, now()"
        " FROM customers AS c WHERE c.id = :customer_id",
    ],
    "a permission used for another operation": [
        "UPDATE {{permission|devices}} AS d SET auto_rotate_minutes = :minutes WHERE d.id = :device_id"
        " AND (d.customer_id = :customer_id OR EXISTS (SELECT FROM device_shares AS s WHERE s.device_id = d.id"
        " AND s.shared_with = :customer_id AND s.can_rename AND NOT s.suspended))",
        "UPDATE {{permission|devices}} AS d SET name = :name, auto_rotate_minutes = 0 FROM device_shares AS s"
        " WHERE s.device_id = d.id AND s.shared_with = :customer_id AND s.can_rename AND NOT s.suspended",
        "DELETE FROM {{permission|proxy_connections}} AS c USING device_shares AS s WHERE s.device_id = c.device_id"
        " AND s.shared_with = :customer_id AND s.can_rename AND NOT s.suspended AND c.id = :connection_id",
        "SELECT h.id FROM {{permission|ip_history}} AS h INNER JOIN device_shares AS s ON s.device_id = h.device_id"
        " WHERE s.shared_with = :customer_id AND NOT s.suspended",
        "SELECT p.password_plain FROM {{permission|connection_passwords}} AS p INNER JOIN proxy_connections AS c"
        " ON c.id = p.connection_id WHERE c.customer_id = :customer_id",
        "SELECT l.token FROM {{permission|rotation_links}} AS l INNER JOIN device_shares AS s"
        " ON s.device_id = l.device_id WHERE s.shared_with = :customer_id AND s.can_rotate_ip AND NOT s.suspended",
        "INSERT INTO {{insert-right|device_commands}} (device_id, type) SELECT s.device_id, :type"
        " FROM device_shares AS s WHERE s.device_id = :device_id AND s.shared_with = :customer_id AND"
        " s.can_rotate_ip AND NOT s.suspended",
        "UPDATE {{permission|device_shares}} AS s SET can_rotate_ip = true WHERE s.shared_with = :customer_id"
        " AND NOT s.suspended",
    ],
    "recipient takes a share · recipient extends a share · re-share": [
        "UPDATE {{permission|devices}} AS d SET (name, {{update-owner|customer_id}}) ="
        " (SELECT s.id::text, s.shared_with FROM device_shares AS s WHERE s.device_id = d.id AND s.shared_with ="
        " :customer_id AND NOT s.suspended) WHERE EXISTS (SELECT FROM device_shares AS s WHERE s.device_id = d.id"
        " AND s.shared_with = :customer_id AND NOT s.suspended)",
        "UPDATE devices AS d SET {{update-owner|customer_id}} = :customer_id FROM device_shares AS s"
        " WHERE s.device_id = d.id AND s.shared_with = :customer_id AND NOT s.suspended",
        "UPDATE devices AS d SET {{update-owner|viewers}} = array_append('{}'::uuid[], :other::uuid)"
        " WHERE d.id = :device_id AND d.customer_id = :customer_id",
        "INSERT INTO device_shares ({{reference|device_id}}, {{insert-owner|owner_id}}, shared_with)"
        " SELECT s.device_id, s.owner_id, :other FROM device_shares AS s WHERE s.shared_with = :customer_id"
        " AND NOT s.suspended",
        "DELETE FROM {{permission|device_shares}} AS s WHERE s.shared_with = :customer_id AND NOT s.suspended",
    ],
    "share with a suspended customer": [
        "SELECT s.id FROM {{share-suspended|device_shares}} AS s WHERE s.shared_with = :customer_id",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d INNER JOIN {{share-suspended|device_shares}} AS s"
        " ON s.device_id = d.id WHERE s.shared_with = :customer_id",
        "SELECT s.id FROM {{share-suspended|device_shares}} AS s WHERE s.shared_with = :customer_id AND s.suspended",
    ],
    "session setting left on a pooled connection · empty setting cast": [
        "SELECT {{setting-write|set_config}}('tenantstore.customer_id', :customer_id::text, true) AS who",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.customer_id ="
        " {{setting-read|current_setting}}('tenantstore.customer_id')::uuid AND :customer_id::uuid IS NOT NULL",
        "SELECT d.id FROM {{tenant-missing|devices}} AS d WHERE d.customer_id ="
        " {{function-unknown|tenantstore_customer_id}}() AND :customer_id::uuid IS NOT NULL",
    ],
    "definer function · view owner": [
        "SELECT u.id FROM {{table-operator|users}} AS u, customers AS c WHERE c.id = :customer_id",
        "SELECT t.id FROM {{table-operator|customer_auth_tokens}} AS t WHERE t.customer_id = :customer_id",
        "SELECT {{function-unknown|tenantstore_active_customer}}(:customer_id, false) AS id",
        "SELECT d.{{column-secret|auth_token}} FROM devices AS d WHERE d.customer_id = :customer_id",
        "SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND d.{{column-secret|auth_token}} = :token",
        "SELECT d::text AS everything FROM {{column-whole|devices}} AS d WHERE d.customer_id = :customer_id",
        "SELECT row_to_json(c) AS j FROM {{column-whole|customers}} AS c WHERE c.id = :customer_id",
        "SELECT r.{{column-secret|location}} FROM relay_servers AS r, customers AS c WHERE c.id = :customer_id",
    ],
    "partition addressed directly": [
        "SELECT b.id FROM {{partition|bandwidth_logs_2020_01}} AS b INNER JOIN devices AS d ON d.id = b.device_id"
        " WHERE d.customer_id = :customer_id",
    ],
    "sequence inference · size inference": [
        "SELECT {{sequence|nextval}}('devices_base_port_seq') AS n FROM customers AS c WHERE c.id = :customer_id",
        "SELECT s.last_value FROM {{sequence|devices_base_port_seq}} AS s, customers AS c WHERE c.id = :customer_id",
        "SELECT {{size|pg_relation_size}}('devices'::regclass) AS n FROM customers AS c WHERE c.id = :customer_id",
        "SELECT t.n_live_tup FROM {{catalog|pg_stat_user_tables}} AS t, customers AS c WHERE c.id = :customer_id",
        "SELECT k.reltuples FROM {{catalog|pg_class}} AS k, customers AS c WHERE c.id = :customer_id",
        "SELECT {{server-function|pg_current_xact_id}}() AS x FROM customers AS c WHERE c.id = :customer_id",
        "SELECT d.ctid FROM {{system-column|devices}} AS d WHERE d.customer_id = :customer_id",
        "SELECT d.id FROM {{sample|devices}} AS d TABLESAMPLE system (10) WHERE d.customer_id = :customer_id",
    ],
    "tenant named by SQL text": [
        "SELECT d.id FROM {{tenant-constant|devices}} AS d WHERE d.customer_id = '00000000-0000-0000-0000-000000000001'"
        " AND d.relay_server_id <> :customer_id",
        "SELECT d.id FROM {{tenant-coerced|devices}} AS d WHERE d.customer_id::text = :customer_id",
        "SELECT d.id FROM {{tenant-coerced|devices}} AS d WHERE d.customer_id = :customer_id::text::uuid",
        "SELECT {{sql-text|query_to_xml}}('SELECT * FROM devices', true, true, '') AS x FROM customers AS c"
        " WHERE c.id = :customer_id",
    ],
    "relation that nobody has declared": [
        "SELECT t.id FROM {{table-unknown|parked}} AS t WHERE t.customer_id = :customer_id",
        "SELECT f.id FROM {{tenant-missing|fleet}} AS f WHERE f.name = :name AND :customer_id::uuid IS NOT NULL",
    ],
    "sub-query that finds nothing": [
        "SELECT c.id FROM (SELECT (SELECT e.id FROM devices AS e WHERE e.customer_id = :customer_id"
        " AND e.id = :device_id) AS mine) AS m, {{tenant-missing|proxy_connections}} AS c"
        " WHERE c.device_id = :device_id",
        "WITH m AS (SELECT (SELECT e.id FROM devices AS e WHERE e.customer_id = :customer_id AND e.id = :device_id)"
        " AS mine) SELECT c.id FROM m, {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id",
        "SELECT c.id FROM (VALUES ((SELECT e.id FROM devices AS e WHERE e.customer_id = :customer_id"
        " AND e.id = :device_id))) AS m (mine), {{tenant-missing|proxy_connections}} AS c"
        " WHERE c.device_id = :device_id",
        "SELECT c.id FROM {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id"
        " AND NULL::uuid IS NOT DISTINCT FROM (SELECT e.id FROM devices AS e WHERE e.customer_id = :customer_id"
        " AND e.id = :device_id)",
        "SELECT c.id FROM {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id"
        " AND coalesce(c.id = c.id, (SELECT k.active FROM customers AS k, devices AS d WHERE d.id = :device_id"
        " AND k.id = :customer_id AND d.customer_id = k.id))",
        "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id, {{reference|reassign_device_id}},"
        " relay_server_id) SELECT :code, :token, now(), :customer_id, :device_id, (SELECT e.relay_server_id"
        " FROM devices AS e WHERE e.id = :device_id AND e.customer_id = :customer_id)",
    ],
    "null told from false": [
        "SELECT (:device_id = (SELECT d.id FROM devices AS d WHERE d.customer_id = :customer_id AND d.id = :device_id))"
        " AND EXISTS (SELECT FROM {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id) AS x"
        " FROM customers AS k WHERE k.id = :customer_id",
        "SELECT k.id FROM customers AS k WHERE k.id = :customer_id AND NOT ((:device_id = (SELECT d.id FROM"
        " devices AS d WHERE d.customer_id = :customer_id AND d.id = :device_id)) AND EXISTS ("
        "SELECT FROM {{tenant-missing|proxy_connections}} AS c WHERE c.device_id = :device_id))",
    ],
}
