-- no-transaction
-- Loses all shares, and who owns which phone and which code. Connections that had a customer before keep it, and those made
-- since; those that the up file stamped are nobody's again. The customer that it made goes, unless something refers to it.

DO $$
DECLARE
    batch uuid[];
BEGIN
    FOR batch IN
        SELECT array_agg(n.id ORDER BY n.id)
        FROM (
            SELECT c.id, (row_number() OVER (ORDER BY c.id) - 1) / 1000 AS step
            FROM tenant_isolation_changes AS c
            WHERE c.what = 'connection'
        ) AS n
        GROUP BY n.step
        ORDER BY n.step
    LOOP
        UPDATE proxy_connections AS c SET customer_id = NULL WHERE c.id = ANY (batch) AND c.customer_id IS NOT NULL;
        COMMIT;
    END LOOP;
END
$$;

DROP TABLE device_shares;

ALTER TABLE pairing_codes DROP COLUMN customer_id;
ALTER TABLE devices DROP COLUMN customer_id;

DELETE FROM customers AS c
USING tenant_isolation_changes AS m
WHERE
    m.what = 'customer'
    AND c.id = m.id
    AND NOT EXISTS (SELECT FROM proxy_connections AS p WHERE p.customer_id = c.id)
    AND NOT EXISTS (SELECT FROM customer_auth_tokens AS t WHERE t.customer_id = c.id);

DROP TABLE tenant_isolation_changes;
