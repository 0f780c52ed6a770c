-- A new token. One CustomerAuthToken.
-- scope: operator
INSERT INTO customer_auth_tokens AS t (customer_id, token_hash, type, expires_at)
VALUES (:customer_id, :token_hash, :type, :expires_at)
RETURNING
    t.id,
    t.customer_id,
    t.token_hash,
    t.type,
    t.expires_at,
    t.used_at,
    t.created_at;
