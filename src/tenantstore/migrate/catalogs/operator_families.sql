-- Operator classes and families with their members.
SELECT
    i.type AS kind,
    i.identity AS name,
    r.plain AS definition
FROM (
    SELECT
        'pg_opclass'::regclass AS classid,
        o.oid,
        o.opcfamily AS family,
        concat_ws(
            ', ',
            o.opcintype::regtype,
            'default ' || o.opcdefault,
            nullif(o.opckeytype, 0)::regtype,
            'owner ' || pg_get_userbyid(o.opcowner)
        ) AS plain
    FROM pg_opclass AS o
    UNION ALL
    SELECT 'pg_opfamily'::regclass, o.oid, o.oid, 'owner ' || pg_get_userbyid(o.opfowner)
    FROM pg_opfamily AS o
    UNION ALL
    SELECT
        'pg_amop'::regclass,
        o.oid,
        o.amopfamily,
        concat_ws(' ', o.amopstrategy, o.amoppurpose::text, o.amopopr::regoperator)
    FROM pg_amop AS o
    UNION ALL
    SELECT 'pg_amproc'::regclass, o.oid, o.amprocfamily, concat_ws(' ', o.amprocnum, o.amproc)
    FROM pg_amproc AS o
) AS r
CROSS JOIN LATERAL pg_identify_object(r.classid, r.oid, 0) AS i
WHERE
    r.oid >= 16384
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_opfamily'::regclass AND e.objid = r.family)
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = r.classid AND e.objid = r.oid)
