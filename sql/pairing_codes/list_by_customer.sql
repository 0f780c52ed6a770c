-- The customer's codes, claimed and expired ones included, newest first; without the token, which becomes the phone's.
-- Rows of PairingCode. Index: pairing_codes_customer_id_idx.
-- scope: tenant
SELECT
    p.id,
    p.code,
    NULL::text AS device_auth_token,
    p.claimed_by_device_id,
    p.claimed_at,
    p.expires_at,
    p.created_by,
    p.created_at,
    p.relay_server_id,
    p.reassign_device_id,
    p.customer_id
FROM pairing_codes AS p
WHERE p.customer_id = :customer_id
ORDER BY p.created_at DESC, p.id DESC;
