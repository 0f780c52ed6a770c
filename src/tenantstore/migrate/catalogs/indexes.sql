-- Indexes, those of constraints too.
SELECT
    'index' AS kind,
    format('%s.%I', i.indrelid::regclass, c.relname) AS name,
    concat_ws(
        ', ',
        pg_get_indexdef(i.indexrelid),
        CASE WHEN NOT i.indisvalid THEN 'invalid' END,
        CASE WHEN i.indisclustered THEN 'the one to cluster by' END,
        CASE WHEN i.indisreplident THEN 'replica identity' END,
        'tablespace ' || (SELECT t.spcname FROM pg_tablespace AS t WHERE t.oid = c.reltablespace),
        'part of ' || (SELECT h.inhparent::regclass::text FROM pg_inherits AS h WHERE h.inhrelid = c.oid),
        'statistics ' || (
            SELECT string_agg(a.attnum || ': ' || a.attstattarget, ' ' ORDER BY a.attnum)
            FROM pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attstattarget >= 0
        )
    ) AS definition
FROM pg_index AS i
INNER JOIN pg_class AS c ON c.oid = i.indexrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
