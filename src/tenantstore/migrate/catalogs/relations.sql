-- Tables, views, sequences and composite types as such; their columns and indexes are elsewhere.
SELECT
    CASE c.relkind
        WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view'
        WHEN 'S' THEN 'sequence'
        WHEN 'c' THEN 'composite type'
        WHEN 'f' THEN 'foreign table'
        ELSE 'table'
    END AS kind,
    format('%I.%I', n.nspname, c.relname) AS name,
    concat_ws(
        ', ',
        'owner ' || pg_get_userbyid(c.relowner),
        'grants ' || (
            SELECT string_agg(a::text, ' ' ORDER BY a::text)
            FROM unnest(
                coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
            ) AS a
        ),
        CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
        CASE WHEN c.relrowsecurity THEN 'row-level security' END,
        CASE WHEN c.relforcerowsecurity THEN 'forced row-level security' END,
        CASE c.relreplident
            WHEN 'n' THEN 'replica identity nothing'
            WHEN 'f' THEN 'replica identity full'
            WHEN 'i' THEN 'replica identity by index'
        END,
        'with (' || array_to_string(c.reloptions, ', ') || ')',
        'toast with (' || (
            SELECT array_to_string(t.reloptions, ', ') FROM pg_class AS t WHERE t.oid = c.reltoastrelid
        ) || ')',
        'tablespace ' || (SELECT t.spcname FROM pg_tablespace AS t WHERE t.oid = c.reltablespace),
        'access method ' || (SELECT a.amname FROM pg_am AS a WHERE a.oid = c.relam AND a.amname <> 'heap'),
        'of ' || format_type(nullif(c.reloftype, 0), NULL),
        'partitioned by ' || pg_get_partkeydef(c.oid),
        'partition ' || pg_get_expr(c.relpartbound, c.oid),
        'inherits ' || (
            SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits AS i
            WHERE i.inhrelid = c.oid
        ),
        'foreign ' || (
            SELECT concat_ws(' ', s.srvname, f.ftoptions::text)
            FROM pg_foreign_table AS f
            INNER JOIN pg_foreign_server AS s ON s.oid = f.ftserver
            WHERE f.ftrelid = c.oid
        ),
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
    ) AS definition
FROM pg_class AS c
INNER JOIN visible AS v ON v.oid = c.relnamespace
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE
    c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c', 'f')
    AND NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
