-- Enums with their labels in order, domains, ranges and base types. A table's row type goes with the table.
SELECT
    CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'type' END AS kind,
    t.oid::regtype::text AS name,
    concat_ws(
        ', ',
        'owner ' || pg_get_userbyid(t.typowner),
        'grants ' || (
            SELECT string_agg(a::text, ' ' ORDER BY a::text)
            FROM unnest(coalesce(t.typacl, acldefault('T', t.typowner))) AS a
        ),
        'labels ' || (
            SELECT string_agg(quote_literal(e.enumlabel), ' ' ORDER BY e.enumsortorder)
            FROM pg_enum AS e
            WHERE e.enumtypid = t.oid
        ),
        CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        CASE WHEN t.typnotnull THEN 'not null' END,
        'default ' || t.typdefault,
        'collation ' || CASE WHEN t.typtype = 'd' THEN nullif(t.typcollation, 0)::regcollation END,
        'of ' || (
            SELECT concat_ws(' ', r.rngsubtype::regtype, r.rngsubdiff, r.rngcanonical)
            FROM pg_range AS r
            WHERE r.rngtypid = t.oid
        ),
        CASE WHEN t.typtype = 'b' THEN concat_ws(' ', t.typinput, t.typoutput, t.typlen, t.typalign, t.typstorage) END
    ) AS definition
FROM pg_type AS t
INNER JOIN visible AS v ON v.oid = t.typnamespace
WHERE
    t.typrelid = 0
    AND t.typelem = 0
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
