-- The token, while it works: unused and unexpired.
-- One CustomerAuthToken or none. Index: customer_auth_tokens_token_hash_key.
-- scope: operator
SELECT
    t.id,
    t.customer_id,
    t.token_hash,
    t.type,
    t.expires_at,
    t.used_at,
    t.created_at
FROM customer_auth_tokens AS t
WHERE
    t.token_hash = :token_hash
    AND t.used_at IS NULL
    AND t.expires_at > now();
