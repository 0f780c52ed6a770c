-- Operators, text search, foreign data, languages: the plain values of the row, and what it needs.
SELECT
    i.type AS kind,
    i.identity AS name,
    concat_ws(
        ', ',
        r.plain,
        'owner ' || pg_get_userbyid(r.owner),
        'grants ' || (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(r.acl) AS a),
        'needs ' || (
            SELECT string_agg(n.described, ', ' ORDER BY n.described)
            FROM pg_depend AS d
            CROSS JOIN LATERAL pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) AS n (described)
            WHERE d.classid = r.classid AND d.objid = r.oid AND d.refclassid <> 'pg_extension'::regclass
        )
    ) AS definition
FROM (
    SELECT
        'pg_operator'::regclass AS classid,
        o.oid,
        o.oprowner AS owner,
        NULL::aclitem[] AS acl,
        concat_ws(' ', o.oprcode, o.oprrest, o.oprjoin, o.oprcanmerge, o.oprcanhash) AS plain
    FROM pg_operator AS o
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
    SELECT
        'pg_foreign_server'::regclass,
        s.oid,
        s.srvowner,
        s.srvacl,
        concat_ws(' ', s.srvtype, s.srvversion, s.srvoptions::text)
    FROM pg_foreign_server AS s
    UNION ALL
    SELECT 'pg_user_mapping'::regclass, m.umid, NULL, NULL, m.umoptions::text
    FROM pg_user_mappings AS m
    UNION ALL
    SELECT
        'pg_ts_config'::regclass,
        c.oid,
        c.cfgowner,
        NULL,
        (
            SELECT
                string_agg(
                    concat_ws(':', m.maptokentype, m.mapdict::regdictionary), ' ' ORDER BY m.maptokentype, m.mapseqno
                )
            FROM pg_ts_config_map AS m
            WHERE m.mapcfg = c.oid
        )
    FROM pg_ts_config AS c
) AS r
CROSS JOIN LATERAL pg_identify_object(r.classid, r.oid, 0) AS i
WHERE r.oid >= 16384 AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = r.classid AND e.objid = r.oid)
