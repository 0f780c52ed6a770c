-- What a sequence counts, and which column it goes with. How far it has come is data.
SELECT
    'sequence options' AS kind,
    s.seqrelid::regclass::text AS name,
    concat_ws(
        ', ',
        'as ' || s.seqtypid::regtype,
        'start ' || s.seqstart,
        'increment ' || s.seqincrement,
        'from ' || s.seqmin || ' to ' || s.seqmax,
        'cache ' || s.seqcache,
        CASE WHEN s.seqcycle THEN 'cycle' END,
        'owned by ' || (
            SELECT d.refobjid::regclass || '.' || quote_ident(a.attname)
            FROM pg_depend AS d
            INNER JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE
                d.classid = 'pg_class'::regclass
                AND d.objid = s.seqrelid
                AND d.deptype IN ('a', 'i')
                AND d.refobjsubid > 0
        )
    ) AS definition
FROM pg_sequence AS s
INNER JOIN pg_class AS c ON c.oid = s.seqrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
