-- Triggers and rules, and on which of them the table relies. Those that keep foreign keys have a number in their name.
SELECT
    'trigger' AS kind,
    format('%s.%I', t.tgrelid::regclass, t.tgname) AS name,
    concat_ws(', ', pg_get_triggerdef(t.oid), 'enabled ' || nullif(t.tgenabled::text, 'O')) AS definition
FROM pg_trigger AS t
INNER JOIN pg_class AS c ON c.oid = t.tgrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
WHERE NOT t.tgisinternal
UNION ALL
SELECT
    'trigger of constraint',
    format('%s.%I', t.tgrelid::regclass, o.conname) AS name,
    string_agg(t.tgfoid::regproc || ' enabled ' || t.tgenabled::text, ', ' ORDER BY t.tgfoid::regproc::text)
FROM pg_trigger AS t
INNER JOIN pg_class AS c ON c.oid = t.tgrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
INNER JOIN pg_constraint AS o ON o.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled <> 'O'
GROUP BY t.tgrelid, o.conname
UNION ALL
SELECT
    'rule',
    format('%s.%I', r.ev_class::regclass, r.rulename),
    concat_ws(', ', pg_get_ruledef(r.oid), 'enabled ' || nullif(r.ev_enabled::text, 'O'))
FROM pg_rewrite AS r
INNER JOIN pg_class AS c ON c.oid = r.ev_class
INNER JOIN visible AS v ON v.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT
    'event trigger',
    format('%I', t.evtname),
    concat_ws(
        ', ',
        t.evtevent,
        t.evtfoid::regproc,
        t.evttags::text,
        'owner ' || pg_get_userbyid(t.evtowner),
        'enabled ' || nullif(t.evtenabled::text, 'O')
    )
FROM pg_event_trigger AS t
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = t.oid)
