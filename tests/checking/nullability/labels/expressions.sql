-- constants
SELECT 1 AS "one!", NULL AS "null?", 'a' || 'b' AS "text!", true AS "true!"

-- arithmetic
SELECT d.port + 1 AS "more!", d.port / 2.0 AS "half!", -d.port AS "less!", d.battery + 1 AS "battery?", d.port % 3 AS "rest!"
FROM devices AS d

-- texts
SELECT upper(d.name) AS "upper!", length(d.name) AS "length!", d.name || '!' AS "more!", d.name || d.carrier AS "both?",
    concat(d.name, d.carrier) AS "concat!", concat_ws(',', d.carrier) AS "ws!", format('%s', d.carrier) AS "format!",
    trim(d.name) AS "trim!", replace(d.name, 'a', 'b') AS "replace!", left(d.carrier, 1) AS "left?"
FROM devices AS d

-- patterns
SELECT d.name LIKE 'a%' AS "like!", d.name ~ 'a' AS "match!", substring(d.name from 1 for 1) AS "part!",
    substring(d.name from 'z(.)') AS "group?", regexp_match(d.name, 'z') AS "groups?", regexp_replace(d.name, 'a', 'b') AS "replaced!",
    split_part(d.name, ',', 9) AS "ninth!"
FROM devices AS d

-- comparisons
SELECT d.port > 1 AS "more!", d.battery > 1 AS "battery?", d.name = 'x' AS "same!", d.id BETWEEN 1 AND 2 AS "between!"
FROM devices AS d

-- null tests
SELECT d.battery IS NULL AS "null!", d.battery IS DISTINCT FROM 1 AS "distinct!", d.charging IS TRUE AS "true!"
FROM devices AS d

-- and, or, not
SELECT d.port > 1 AND d.charging AS "and?", d.port > 4002 OR d.charging AS "or?", NOT d.charging AS "not?",
    d.port > 1 AND d.id > 2 AS "both!", d.battery IS NULL OR d.battery > 3 AS "guarded!",
    d.battery > 1 AND d.battery < 50 AS "both_null?", d.battery > 1 OR d.battery < 50 AS "either_null?"
FROM devices AS d

-- case
SELECT
    CASE WHEN d.port > 4001 THEN 'high' ELSE 'low' END AS "else!", CASE WHEN d.port > 4001 THEN 'high' END AS "no_else?",
    CASE WHEN d.battery IS NULL THEN 0 ELSE d.battery END AS "guarded!", CASE d.name WHEN 'rack' THEN 1 ELSE 2 END AS "short!",
    CASE WHEN d.battery > 5 THEN d.battery WHEN d.carrier IS NOT NULL THEN length(d.carrier) ELSE 0 END AS "branches!",
    CASE WHEN d.battery > 5 THEN 1 ELSE d.battery END AS "wrong?"
FROM devices AS d

-- coalesce, nullif, greatest, least
SELECT coalesce(d.battery, 0) AS "coalesce!", coalesce(d.battery, d.customer_id) AS "two?", nullif(d.port, 4000) AS "nullif?",
    greatest(d.battery, 1) AS "greatest!", least(d.battery, d.customer_id) AS "least?"
FROM devices AS d

-- casts
SELECT d.port::text AS "text!", d.battery::bigint AS "bigint?", '1'::integer AS "integer!", d.port::numeric(9, 2) AS "numeric!",
    t.at::date AS "date!", t.at::time AS "time?", (t.info ->> 'n')::integer AS "n?", t.feels::text AS "feels?"
FROM devices AS d CROSS JOIN things AS t

-- times
SELECT now() AS "now!", t.at + interval '1 day' AS "later!", date_trunc('day', t.at) AS "day!", now() - now() AS "since!",
    extract(month FROM t.at) AS "month?", to_char(t.at, 'YYYY') AS "year?", t.at AT TIME ZONE 'UTC' AS "utc!"
FROM things AS t

-- the session
-- given SET search_path = nowhere
SELECT current_user AS "user!", session_user AS "session!", current_date AS "date!", localtime AS "time!", current_catalog AS "catalog!",
    current_schema AS "schema?"

-- settings
SELECT current_setting('nothing.here', true) AS "setting?", set_config('some.thing', 'x', true) AS "set!"

-- documents
SELECT t.info -> 'a' AS "field?", t.info ->> 'a' AS "text?", t.info #> '{a,b}' AS "path?", t.info ? 'a' AS "has!",
    t.info || '{}' AS "both!", jsonb_typeof(t.info) AS "type!", t.info @> '{}' AS "holds!", t.info['a'] AS "subscript?",
    jsonb_build_object('x', d.battery) AS "built!", to_jsonb(d.battery) AS "json?", jsonb_path_query_first(t.info, '$.nothing') AS "first?"
FROM things AS t CROSS JOIN devices AS d

-- arrays
SELECT t.words[1] AS "element?", t.words[1:2] AS "slice!", array_length(t.words, 1) AS "length?", cardinality(t.words) AS "number!",
    t.words || 'x'::text AS "more!", ARRAY[t.x, 1] AS "built!", array_append(d.tags, 'x') AS "append!", array_to_string(t.words, ',') AS "text!",
    d.tags || t.words AS "cat!", array_position(t.words, 'q') AS "place?"
FROM things AS t CROSS JOIN devices AS d

-- any and all
SELECT t.n = ANY (ARRAY[1, 2]) AS "any!", t.n = ANY (ARRAY[1, NULL]) AS "null?", 'q' = ANY (t.words) AS "words?",
    t.n IN (1, 2) AS "in!", t.x IN (1, 2) AS "x?", t.n <> ALL (ARRAY[7, 8]) AS "all!", t.n = ANY ('{1,2}'::integer[]) AS "constant!",
    t.n = ANY ('{1,NULL}'::integer[]) AS "with_null?"
FROM things AS t

-- rows
SELECT ROW(t.x, t.n) AS "row!", (t.p).one AS "one?", t.p AS "p!", (t.n, t.x) = (1, 9) AS "same?", (t.n, t.id) < (2, 2) AS "less!",
    ROW(t.x, t.x) IS NULL AS "test!", (ROW(t.n, t.x)).f1 AS "f1!"
FROM things AS t

-- ranges
SELECT lower(t.span) AS "lower?", isempty(t.span) AS "empty!", t.span && '[1,2)' AS "overlaps!", t.span * '[1,2)' AS "intersect!",
    t.n <@ t.span AS "in!"
FROM things AS t

-- scalar sub-queries
SELECT
    (SELECT c.name FROM customers AS c WHERE c.id = d.customer_id) AS "name?", (SELECT count(*) FROM shares AS s WHERE s.device_id = d.id) AS "count!",
    (SELECT max(s.id) FROM shares AS s WHERE s.device_id = d.id) AS "max?", (SELECT 1) AS "one!", (SELECT 1 WHERE d.port > 4002) AS "maybe?",
    (SELECT d.port) AS "port!", (SELECT coalesce(sum(s.weight), 0) FROM shares AS s) AS "sum!", (SELECT 1 LIMIT 0) AS "none?",
    (SELECT count(*) FROM shares AS s HAVING count(*) > 99) AS "having?", (SELECT count(*) FROM shares AS s OFFSET 1) AS "offset?"
FROM devices AS d

-- sub-queries that test
SELECT EXISTS (SELECT FROM shares AS s WHERE s.device_id = d.id) AS "exists!", d.id IN (SELECT s.device_id FROM shares AS s) AS "in!",
    d.customer_id IN (SELECT c.id FROM customers AS c) AS "null_in?", d.id IN (SELECT s.weight FROM shares AS s) AS "in_null?",
    d.id < ALL (SELECT s.id FROM shares AS s) AS "all!", ARRAY(SELECT s.note FROM shares AS s) AS "array!",
    (d.id, d.port) = (SELECT s.id, s.id FROM shares AS s WHERE s.id = 99) AS "row?"
FROM devices AS d

-- an element of a list that a sub-query makes
SELECT d.id = ANY (ARRAY(SELECT c.id FROM customers AS c)) AS "ids!", d.id = ANY (ARRAY(SELECT s.weight FROM shares AS s)) AS "weights?"
FROM devices AS d

-- functions of the service's own
SELECT shy(t.n) AS "shy?", bold(t.x) AS "bold!" FROM things AS t

-- look-ups in the catalogs
SELECT to_regclass('nothing') AS "regclass?", obj_description(1, 'pg_class') AS "comment?", pg_get_viewdef('owned'::regclass) AS "view!",
    pg_typeof(t.x) AS "type!", col_description('things'::regclass, 1) AS "column?"
FROM things AS t

-- numbers
SELECT abs(t.n) AS "abs!", round(t.n / 3.0, 2) AS "round!", ceil(t.n / 2.0) AS "ceil!", random() AS "random!", sqrt(t.n) AS "sqrt!",
    width_bucket(t.n, 0, 10, 5) AS "bucket!", mod(t.n, 2) AS "mod!", scale('NaN'::numeric) AS "scale?"
FROM things AS t

-- identifiers and digests
SELECT gen_random_uuid() AS "uuid!", md5(d.name) AS "md5!", encode(sha256(d.name::bytea), 'hex') AS "sha!", host('192.0.2.1'::inet) AS "host!"
FROM devices AS d

-- enumerations
SELECT t.feels AS "feels?", t.feels = 'sad' AS "sad?", 'sad'::mood AS "mood!", enum_range(NULL::mood) AS "range!" FROM things AS t

-- building JSON
-- from 16
SELECT json_object('a': t.x) AS "object!", json_array(t.x, t.n) AS "array!", t.info IS JSON AS "is!",
    json_arrayagg(t.x) OVER () AS "all!"
FROM (SELECT u.x, u.n, u.info::text AS info FROM things AS u) AS t

-- asking JSON
-- from 17
SELECT json_value(t.info, '$.a.b') AS "value?", json_query(t.info, '$.l') AS "query?", json_exists(t.info, '$.a') AS "exists!" FROM things AS t

-- xml
SELECT xmlelement(name a, t.x) AS "element!", xmlforest(t.x) AS "forest?" FROM things AS t

-- named arguments
SELECT make_interval(days => d.port) AS "interval!", make_interval(days => d.battery) AS "battery?" FROM devices AS d

-- objects and arrays that leave out nulls
-- from 16
SELECT json_objectagg(d.id : d.battery ABSENT ON NULL) AS "object!", json_arrayagg(d.battery ABSENT ON NULL) AS "array!",
    jsonb_agg(d.battery) FILTER (WHERE d.battery > 1000) AS "filtered?"
FROM devices AS d GROUP BY d.id
