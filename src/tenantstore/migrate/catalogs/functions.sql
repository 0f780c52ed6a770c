-- Functions, procedures and aggregates: the whole text, owner and grants.
SELECT
    CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
    p.oid::regprocedure::text AS name,
    concat_ws(
        ', ',
        'owner ' || pg_get_userbyid(p.proowner),
        'grants ' || (
            SELECT string_agg(a::text, ' ' ORDER BY a::text)
            FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
        ),
        CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
        (
            SELECT to_jsonb(a) - 'aggfnoid' - 'aggtranstype' - 'aggmtranstype' - 'aggsortop' || jsonb_build_object(
                'result', pg_get_function_result(p.oid),
                'state', a.aggtranstype::regtype,
                'order', a.aggsortop::regoperator
            )
            FROM pg_aggregate AS a
            WHERE a.aggfnoid = p.oid
        )::text
    ) AS definition
FROM pg_proc AS p
INNER JOIN visible AS v ON v.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
