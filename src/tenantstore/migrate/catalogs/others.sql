-- Extensions, default privileges, settings, statistics, collations, casts.
SELECT
    'extension' AS kind,
    format('%I', x.extname) AS name,
    concat_ws(
        ', ',
        'version ' || x.extversion,
        'in ' || x.extnamespace::regnamespace,
        'owner ' || pg_get_userbyid(x.extowner)
    ) AS definition
FROM pg_extension AS x
UNION ALL
SELECT
    'default privileges',
    concat_ws(
        ' ',
        'of ' || pg_get_userbyid(d.defaclrole),
        'in ' || nullif(d.defaclnamespace, 0)::regnamespace,
        CASE d.defaclobjtype
            WHEN 'r' THEN 'for tables'
            WHEN 'S' THEN 'for sequences'
            WHEN 'f' THEN 'for functions'
            WHEN 'T' THEN 'for types'
            ELSE 'for schemas'
        END
    ),
    (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(d.defaclacl) AS a)
FROM pg_default_acl AS d
UNION ALL
SELECT
    'settings',
    coalesce('of ' || pg_get_userbyid(nullif(s.setrole, 0)), 'of the database'),
    array_to_string(s.setconfig, ', ')
FROM pg_db_role_setting AS s
WHERE s.setdatabase = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
UNION ALL
SELECT
    'statistics',
    format('%I.%I', n.nspname, s.stxname),
    concat_ws(
        ', ',
        pg_get_statisticsobjdef(s.oid),
        'owner ' || pg_get_userbyid(s.stxowner),
        'target ' || nullif(s.stxstattarget, -1)
    )
FROM pg_statistic_ext AS s
INNER JOIN visible AS v ON v.oid = s.stxnamespace
INNER JOIN pg_namespace AS n ON n.oid = s.stxnamespace
UNION ALL
SELECT
    'collation',
    format('%I.%I', n.nspname, c.collname),
    concat_ws(
        ', ',
        (to_jsonb(c) - 'oid' - 'collname' - 'collnamespace' - 'collowner')::text,
        'owner ' || pg_get_userbyid(c.collowner)
    )
FROM pg_collation AS c
INNER JOIN visible AS v ON v.oid = c.collnamespace
INNER JOIN pg_namespace AS n ON n.oid = c.collnamespace
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid)
UNION ALL
SELECT
    'cast',
    format('%s as %s', c.castsource::regtype, c.casttarget::regtype),
    concat_ws(
        ', ',
        nullif(c.castfunc, 0)::regprocedure,
        'context ' || c.castcontext::text,
        'method ' || c.castmethod::text
    )
FROM pg_cast AS c
WHERE
    c.oid >= 16384
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_cast'::regclass AND e.objid = c.oid)
