-- All codes, claimed and expired ones included, newest first.
-- Rows of PairingCode. No index: the whole table.
-- scope: operator
SELECT
    p.id,
    p.code,
    p.device_auth_token,
    p.claimed_by_device_id,
    p.claimed_at,
    p.expires_at,
    p.created_by,
    p.created_at,
    p.relay_server_id,
    p.reassign_device_id,
    p.customer_id
FROM pairing_codes AS p
ORDER BY p.created_at DESC, p.id DESC;
