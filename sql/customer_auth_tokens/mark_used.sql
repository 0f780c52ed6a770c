-- Use a token up. Of two who try at once the second waits, sees used_at and finds nothing.
-- One CustomerAuthToken; none where it was used before or has expired. Index: customer_auth_tokens_pkey.
-- scope: operator
UPDATE customer_auth_tokens AS t
SET used_at = now()
WHERE
    t.id = :token_id
    AND t.used_at IS NULL
    AND t.expires_at > now()
RETURNING
    t.id,
    t.customer_id,
    t.token_hash,
    t.type,
    t.expires_at,
    t.used_at,
    t.created_at;
