-- Schemas: owner and grants.
SELECT
    'schema' AS kind,
    format('%I', n.nspname) AS name,
    concat_ws(
        ', ',
        'owner ' || pg_get_userbyid(n.nspowner),
        'grants ' || (
            SELECT string_agg(a::text, ' ' ORDER BY a::text)
            FROM unnest(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
        )
    ) AS definition
FROM pg_namespace AS n
INNER JOIN visible AS v ON v.oid = n.oid
