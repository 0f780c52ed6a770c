-- Comments and security labels, on whatever they are.
SELECT
    'comment' AS kind,
    'on ' || o.type || ' ' || o.identity AS name,
    d.description AS definition
FROM pg_description AS d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
WHERE
    (d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace))
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = d.classoid AND e.objid = d.objoid)
    AND o.schema IS DISTINCT FROM 'tenantstore_scratch'
UNION ALL
SELECT
    'security label',
    l.provider || ' on ' || l.objtype || ' ' || l.objname,
    l.label
FROM pg_seclabels AS l
WHERE l.classoid NOT IN ('pg_database'::regclass, 'pg_authid'::regclass, 'pg_tablespace'::regclass)
