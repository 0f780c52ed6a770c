-- A new code. One that replaces a phone and names no customer is that phone's owner's.
-- One PairingCode.
-- scope: operator
INSERT INTO pairing_codes AS p (
    code,
    device_auth_token,
    expires_at,
    created_by,
    relay_server_id,
    reassign_device_id,
    customer_id
)
SELECT
    :code,
    :device_auth_token,
    :expires_at,
    :created_by,
    :relay_server_id,
    :reassign_device_id,
    coalesce(:customer_id, (SELECT d.customer_id FROM devices AS d WHERE d.id = :reassign_device_id))
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
