-- Row-level security policies.
SELECT
    'policy' AS kind,
    format('%s.%I', p.polrelid::regclass, p.polname) AS name,
    concat_ws(
        ' ',
        CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
        CASE p.polcmd
            WHEN 'r' THEN 'for select'
            WHEN 'a' THEN 'for insert'
            WHEN 'w' THEN 'for update'
            WHEN 'd' THEN 'for delete'
            ELSE 'for all'
        END,
        'to ' || (
            SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END, ', ' ORDER BY r::regrole::text)
            FROM unnest(p.polroles) AS r
        ),
        'using ' || pg_get_expr(p.polqual, p.polrelid),
        'with check ' || pg_get_expr(p.polwithcheck, p.polrelid)
    ) AS definition
FROM pg_policy AS p
INNER JOIN pg_class AS c ON c.oid = p.polrelid
INNER JOIN visible AS v ON v.oid = c.relnamespace
