-- Constraints of tables and domains. NOT VALID is part of the definition.
SELECT
    'constraint' AS kind,
    format('%s.%I', coalesce(nullif(o.conrelid, 0)::regclass::text, o.contypid::regtype::text), o.conname) AS name,
    concat_ws(
        ', ',
        pg_get_constraintdef(o.oid),
        CASE WHEN o.coninhcount > 0 THEN 'inherited' || CASE WHEN o.conislocal THEN ' and its own' ELSE '' END END
    ) AS definition
FROM pg_constraint AS o
INNER JOIN visible AS v ON v.oid = o.connamespace
WHERE
    o.contype <> 't'
    AND NOT EXISTS (
        SELECT FROM extended AS e
        WHERE (e.classid, e.objid) IN (('pg_class'::regclass, o.conrelid), ('pg_type'::regclass, o.contypid))
    )
