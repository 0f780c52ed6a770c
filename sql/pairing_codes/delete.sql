-- Delete a code. One PairingCode, as it was. Index: pairing_codes_pkey.
-- scope: operator
DELETE FROM pairing_codes AS p
WHERE p.id = :pairing_code_id
RETURNING
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
    p.customer_id;
