-- The code, while a phone may still claim it: unclaimed and unexpired.
-- One PairingCode or none. Index: pairing_codes_code_key.
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
WHERE
    p.code = :code
    AND p.claimed_at IS NULL
    AND p.expires_at > now();
