-- Columns, and for each table their order: a column that was dropped and added again stands last.
SELECT
    'column' AS kind,
    format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name,
    concat_ws(
        ', ',
        format_type(a.atttypid, a.atttypmod),
        'collation ' || CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
        CASE WHEN a.attnotnull THEN 'not null' END,
        CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END,
        CASE a.attgenerated WHEN '' THEN 'default ' WHEN 's' THEN 'stored as ' ELSE 'virtual as ' END
        || pg_get_expr(d.adbin, d.adrelid),
        'storage ' || CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
        'compression ' || nullif(a.attcompression::text, ''),
        'statistics ' || nullif(a.attstattarget, -1),
        'options ' || array_to_string(a.attoptions, ' '),
        'foreign options ' || array_to_string(a.attfdwoptions, ' '),
        CASE WHEN a.attinhcount > 0 THEN 'inherited' || CASE WHEN a.attislocal THEN ' and its own' ELSE '' END END,
        'grants ' || (SELECT string_agg(g::text, ' ' ORDER BY g::text) FROM unnest(a.attacl) AS g)
    ) AS definition
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON c.oid = a.attrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE
    a.attnum > 0
    AND NOT a.attisdropped
    AND c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f')
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
UNION ALL
SELECT
    'column order',
    format('%I.%I.*', n.nspname, c.relname),
    string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON c.oid = a.attrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f')
GROUP BY n.nspname, c.relname
