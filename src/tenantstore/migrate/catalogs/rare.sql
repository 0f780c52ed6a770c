-- Operators and their families, text search, foreign data, languages: the plain values of the row, and what it depends on.
SELECT
    i.type AS kind,
    i.identity AS name,
    concat_ws(
        ', ',
        r.plain,
        'owner ' || pg_get_userbyid(r.owner),
        'grants ' || (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(r.acl) AS a),
        'needs ' || (
            SELECT string_agg(pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid), ', ' ORDER BY pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid))
            FROM pg_depend AS d
            WHERE d.classid = r.classid AND d.objid = r.oid AND d.refclassid <> 'pg_extension'::regclass
        )
    ) AS definition
FROM (
    SELECT 'pg_operator'::regclass AS classid, o.oid, o.oprowner AS owner, NULL::aclitem[] AS acl, concat_ws(' ', o.oprcode, o.oprrest, o.oprjoin, o.oprcanmerge, o.oprcanhash) AS plain
    FROM pg_operator AS o
    UNION ALL
    SELECT 'pg_opclass'::regclass, o.oid, o.opcowner, NULL, concat_ws(' ', o.opcintype::regtype, o.opcdefault, o.opckeytype::regtype)
    FROM pg_opclass AS o
    UNION ALL
    SELECT 'pg_opfamily'::regclass, o.oid, o.opfowner, NULL, NULL
    FROM pg_opfamily AS o
    UNION ALL
    SELECT 'pg_amop'::regclass, o.oid, NULL, NULL, concat_ws(' ', o.amopstrategy, o.amoppurpose)
    FROM pg_amop AS o
    WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_opfamily'::regclass AND e.objid = o.amopfamily)
    UNION ALL
    SELECT 'pg_amproc'::regclass, o.oid, NULL, NULL, o.amproc::text
    FROM pg_amproc AS o
    WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_opfamily'::regclass AND e.objid = o.amprocfamily)
    UNION ALL
    SELECT 'pg_ts_config'::regclass, c.oid, c.cfgowner, NULL, (SELECT string_agg(m.maptokentype || ':' || m.mapseqno || ':' || m.mapdict::regdictionary, ' ' ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map AS m WHERE m.mapcfg = c.oid)
    FROM pg_ts_config AS c
    UNION ALL
    SELECT 'pg_ts_dict'::regclass, d.oid, d.dictowner, NULL, d.dictinitoption
    FROM pg_ts_dict AS d
    UNION ALL
    SELECT 'pg_language'::regclass, l.oid, l.lanowner, l.lanacl, concat_ws(' ', l.lanpltrusted, l.lanplcallfoid::regproc)
    FROM pg_language AS l
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, f.oid, f.fdwowner, f.fdwacl, f.fdwoptions::text
    FROM pg_foreign_data_wrapper AS f
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, s.oid, s.srvowner, s.srvacl, concat_ws(' ', s.srvtype, s.srvversion, s.srvoptions::text)
    FROM pg_foreign_server AS s
    UNION ALL
    SELECT 'pg_user_mapping'::regclass, m.umid, NULL, NULL, m.umoptions::text
    FROM pg_user_mappings AS m
) AS r
CROSS JOIN LATERAL pg_identify_object(r.classid, r.oid, 0) AS i
WHERE r.oid >= 16384 AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = r.classid AND e.objid = r.oid)
