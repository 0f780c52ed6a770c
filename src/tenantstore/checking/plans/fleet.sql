-- A fleet to plan our queries on: some 160,000 rows, of which one customer has a tenth and another hardly any.
--
-- The same rows each time, identifiers included, and as many in every partition, whatever month it is: what the planner makes
-- of them must not change from one day to the next. Needs the owner of the tables.

CREATE FUNCTION pg_temp.id_of(kind text, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE
RETURN md5(kind || number)::uuid;

-- In no order, as rows come in life. Customer 1 is the huge one, customer 2 has three phones.
CREATE TEMPORARY TABLE phones AS
SELECT
    n,
    CASE WHEN n <= 1000 THEN 1 WHEN n <= 1003 THEN 2 ELSE 3 + n % 1998 END AS owner,
    -- One in five is shared: half of those that others own with the huge customer, and one with the tiny one.
    CASE
        WHEN n = 1002 THEN 3
        WHEN n = 1005 THEN 2
        WHEN n % 5 > 0 THEN NULL
        WHEN n > 1003 AND n % 10 = 0 THEN 1
        ELSE 3 + (n + 1) % 1998
    END AS grantee
FROM generate_series(1, 10000) AS n
ORDER BY md5(n::text);

INSERT INTO users (id, email, password_hash, name, role, created_at, updated_at)
SELECT pg_temp.id_of('user', n), 'staff-' || n || '@example.org', 'hash', 'Staff ' || n, 'operator', m.at, m.at
FROM generate_series(1, 2000) AS n
CROSS JOIN (SELECT now() - interval '1 year' AS at) AS m;

INSERT INTO customers (id, name, email, active, google_id, created_at, updated_at)
SELECT
    pg_temp.id_of('customer', n), 'Customer ' || n, 'customer-' || n || '@example.org', n % 50 <> 7,
    CASE WHEN n % 4 = 1 THEN 'google-' || n END, m.at - n * interval '1 hour', m.at
FROM generate_series(1, 2000) AS n
CROSS JOIN (SELECT now() - interval '100 days' AS at) AS m
ORDER BY md5(n::text);

INSERT INTO relay_servers (id, name, ip)
SELECT pg_temp.id_of('relay server', n), 'relay ' || n, '192.0.2.' || n
FROM generate_series(1, 8) AS n;

INSERT INTO customer_auth_tokens (id, customer_id, token_hash, type, expires_at, used_at)
SELECT
    pg_temp.id_of('token', n), pg_temp.id_of('customer', 1 + n % 2000), 'token-' || n,
    CASE n % 2 WHEN 0 THEN 'email_verify' ELSE 'password_reset' END,
    now() + (n % 40 - 30) * interval '1 day', CASE WHEN n % 3 > 0 THEN now() END
FROM generate_series(1, 4000) AS n;

-- What the triggers would work out row by row is written with the rows.
ALTER TABLE device_shares DISABLE TRIGGER USER;

INSERT INTO devices (
    id, name, android_id, status, carrier, base_port, http_port, socks5_port, udp_relay_port, ovpn_port, last_heartbeat,
    created_at, updated_at, auth_token, relay_server_id, customer_id, viewers
)
SELECT
    pg_temp.id_of('device', n), 'Phone ' || md5(n::text), 'android-' || n,
    CASE WHEN n % 5 < 3 THEN 'online' ELSE 'offline' END, 'carrier ' || n % 7,
    20000 + 4 * n, 20000 + 4 * n, 20001 + 4 * n, 20002 + 4 * n, 20003 + 4 * n, now() - n % 1440 * interval '1 minute',
    now() - n * interval '10 minutes', now(), 'token-' || n, pg_temp.id_of('relay server', 1 + n % 8),
    pg_temp.id_of('customer', owner), CASE WHEN grantee IS NOT NULL THEN ARRAY[pg_temp.id_of('customer', grantee)] END
FROM phones;

INSERT INTO device_shares (
    id, device_id, owner_id, shared_with, can_rename, can_manage_ports, can_download_configs, can_rotate_ip, created_at
)
SELECT
    pg_temp.id_of('share', n), pg_temp.id_of('device', n), pg_temp.id_of('customer', owner),
    pg_temp.id_of('customer', grantee), n % 2 = 0, n % 3 = 0, n % 4 = 0, n % 2 = 0, now() - n * interval '5 minutes'
FROM phones
WHERE grantee IS NOT NULL;

ALTER TABLE device_shares ENABLE TRIGGER USER;

INSERT INTO proxy_connections (id, device_id, customer_id, username, password_hash, bandwidth_used, active, created_at)
SELECT
    pg_temp.id_of('connection', 2 * p.n + i), pg_temp.id_of('device', p.n), pg_temp.id_of('customer', p.owner),
    'user-' || 2 * p.n + i, 'hash', 1000 * p.n, p.n % 10 > 0, now() - p.n * interval '7 minutes'
FROM phones AS p
CROSS JOIN generate_series(0, 1) AS i;

INSERT INTO pairing_codes (id, code, device_auth_token, claimed_by_device_id, claimed_at, expires_at, created_at, customer_id)
SELECT
    pg_temp.id_of('code', p.n), 'C' || p.n, 'token', CASE WHEN p.n % 8 > 0 THEN pg_temp.id_of('device', p.n) END,
    CASE WHEN p.n % 8 > 0 THEN now() END, now() + (p.n % 60 - 50) * interval '1 day',
    now() - p.n * interval '9 minutes', pg_temp.id_of('customer', p.owner)
FROM phones AS p
WHERE p.n % 3 = 0;

INSERT INTO rotation_links (id, device_id, token, created_at)
SELECT pg_temp.id_of('link', n), pg_temp.id_of('device', n), 'link-' || n, now() - n * interval '9 minutes'
FROM phones
WHERE n % 2 = 1;

-- Of what happened to a phone: twice for each, six hundred times for the huge customer's first.
CREATE TEMPORARY TABLE events AS
SELECT row_number() OVER (ORDER BY md5(e.n || '-' || e.i)) AS number, e.n, e.i
FROM (
    SELECT p.n, i FROM phones AS p CROSS JOIN generate_series(1, 2) AS i
    UNION ALL
    SELECT 1, i FROM generate_series(3, 600) AS i
) AS e;

INSERT INTO device_commands (id, device_id, type, status, created_at)
SELECT
    pg_temp.id_of('command', number), pg_temp.id_of('device', n), CASE i % 2 WHEN 0 THEN 'rotate_ip' ELSE 'reboot' END,
    CASE WHEN number % 100 = 0 THEN 'pending' ELSE 'completed' END, now() - i * interval '1 hour'
FROM events
ORDER BY number;

INSERT INTO ip_history (id, device_id, ip, created_at)
SELECT
    pg_temp.id_of('address', number), pg_temp.id_of('device', n), ('198.51.100.' || i % 250)::inet, now() - i * interval '1 hour'
FROM events
ORDER BY number;

INSERT INTO device_status_logs (id, device_id, status, previous_status, changed_at)
SELECT
    pg_temp.id_of('status', number), pg_temp.id_of('device', n), CASE i % 2 WHEN 0 THEN 'online' ELSE 'offline' END,
    CASE i % 2 WHEN 0 THEN 'offline' ELSE 'online' END, now() - i * interval '1 hour'
FROM events
ORDER BY number;

-- In each month the same: an hour for every second phone, and a month for the busy one.
INSERT INTO bandwidth_logs (id, device_id, bytes_in, bytes_out, interval_start, interval_end)
SELECT
    pg_temp.id_of('month ' || m.number || ' ', e.number), pg_temp.id_of('device', e.n), 1000, 100,
    m.start + e.i * interval '1 hour', m.start + (e.i + 1) * interval '1 hour'
FROM (
    SELECT
        row_number() OVER (ORDER BY i.inhrelid) AS number,
        substring(pg_get_expr(c.relpartbound, c.oid) FROM '''([^'']+)''')::timestamptz AS start
    FROM pg_inherits AS i
    INNER JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'bandwidth_logs'::regclass
) AS m
CROSS JOIN events AS e
WHERE e.n % 2 = 1 AND (e.i = 1 OR e.n = 1)
ORDER BY m.number, e.number;

DROP TABLE phones, events;
