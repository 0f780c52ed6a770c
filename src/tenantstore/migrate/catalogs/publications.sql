-- Publications, what each publishes, and subscriptions.
SELECT
    'publication' AS kind,
    format('%I', p.pubname) AS name,
    concat_ws(
        ', ',
        (to_jsonb(p) - 'oid' - 'pubname' - 'pubowner')::text,
        'owner ' || pg_get_userbyid(p.pubowner),
        'tables ' || (
            SELECT
                string_agg(
                    concat_ws(' ', r.prrelid::regclass, r.prattrs, pg_get_expr(r.prqual, r.prrelid)), ', '
                    ORDER BY r.prrelid::regclass::text
                )
            FROM pg_publication_rel AS r
            WHERE r.prpubid = p.oid
        ),
        'schemas ' || (
            SELECT string_agg(s.pnnspid::regnamespace::text, ', ' ORDER BY s.pnnspid::regnamespace::text)
            FROM pg_publication_namespace AS s
            WHERE s.pnpubid = p.oid
        )
    ) AS definition
FROM pg_publication AS p
UNION ALL
SELECT
    'subscription',
    format('%I', s.subname),
    concat_ws(
        ', ',
        'to ' || array_to_string(s.subpublications, ' '),
        CASE WHEN NOT s.subenabled THEN 'disabled' END,
        'slot ' || s.subslotname,
        'binary ' || s.subbinary::text,
        'streaming ' || s.substream::text,
        'synchronous commit ' || s.subsynccommit,
        'owner ' || pg_get_userbyid(s.subowner)
    )
FROM pg_subscription AS s
WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
