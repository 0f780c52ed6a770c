-- A phone claims a code: it gets the code's token, and the code's customer and relay server where the code has them.
-- A phone that changes hands loses its shares; connections follow and links end by the trigger of migration 019. The phone that
-- the code replaces, if it has the same owner, gives up its connections and its token.
-- Locked in everybody's order, shares, devices, code: the later of two phones gets nothing.
-- One PairingCode, as claimed; none where there is no such phone, or the code is unknown, claimed or expired.
-- Indexes: pairing_codes_code_key, device_shares_device_id_shared_with_key, devices_pkey, and the device_id ones.
-- scope: operator
WITH wanted AS (
    SELECT p.customer_id, p.reassign_device_id FROM pairing_codes AS p WHERE p.code = :code
),
share AS (
    SELECT s.id FROM device_shares AS s
    WHERE s.device_id = :device_id AND s.owner_id <> (SELECT w.customer_id FROM wanted AS w)
    ORDER BY s.id
    FOR UPDATE
),
device AS (
    SELECT d.id, d.customer_id FROM devices AS d
    WHERE
        d.id IN (:device_id, (SELECT w.reassign_device_id FROM wanted AS w))
        AND (SELECT count(*) FROM share) >= 0 -- which is true, once they are locked
    ORDER BY d.id
    FOR UPDATE
),
code AS (
    SELECT
        p.id, p.device_auth_token, p.relay_server_id, r.id AS replaced_id,
        d.id AS device_id, d.customer_id AS former_id, coalesce(p.customer_id, d.customer_id) AS owner_id
    FROM pairing_codes AS p
    INNER JOIN device AS d ON d.id = :device_id
    LEFT JOIN device AS r
        ON r.id = p.reassign_device_id AND r.id <> d.id
        AND r.customer_id IS NOT DISTINCT FROM coalesce(p.customer_id, d.customer_id)
    WHERE p.code = :code AND p.claimed_at IS NULL AND p.expires_at > now()
    FOR UPDATE OF p
),
unshared AS (
    DELETE FROM device_shares AS s USING code AS k
    WHERE s.device_id = k.device_id AND k.owner_id IS DISTINCT FROM k.former_id
),
replaced AS (
    UPDATE devices AS d SET auth_token = NULL, updated_at = now() FROM code AS k WHERE d.id = k.replaced_id
),
moved AS (
    UPDATE proxy_connections AS c SET device_id = k.device_id, customer_id = k.owner_id, updated_at = now()
    FROM code AS k
    WHERE c.device_id = k.replaced_id
),
paired AS (
    UPDATE devices AS d SET
        auth_token = k.device_auth_token, relay_server_id = coalesce(k.relay_server_id, d.relay_server_id),
        customer_id = k.owner_id, updated_at = now()
    FROM code AS k WHERE d.id = k.device_id
)
UPDATE pairing_codes AS p SET claimed_by_device_id = k.device_id, claimed_at = now() FROM code AS k WHERE p.id = k.id
RETURNING
    p.id, p.code, p.device_auth_token, p.claimed_by_device_id, p.claimed_at, p.expires_at, p.created_by, p.created_at,
    p.relay_server_id, p.reassign_device_id, p.customer_id;
