-- a sub-query
SELECT o.port AS "port!", o.carrier AS "carrier?", o.three AS "three!"
FROM (SELECT d.port, d.carrier, 3 AS three FROM devices AS d) AS o

-- a sub-query on the nullable side
SELECT o.three AS "three?" FROM customers AS c LEFT JOIN (SELECT d.customer_id, 3 AS three FROM devices AS d) AS o ON o.customer_id = c.id

-- a condition within
SELECT o.battery AS "battery!" FROM (SELECT d.battery FROM devices AS d WHERE d.battery > 0) AS o

-- a common table expression
WITH o AS (SELECT d.id, d.battery FROM devices AS d), p AS (SELECT o.id, o.battery FROM o WHERE o.battery > 0)
SELECT o.id AS "id!", o.battery AS "battery!", p.battery AS "p_battery!" FROM o JOIN p ON p.id = o.id

-- one that is materialized
WITH o AS MATERIALIZED (SELECT max(d.battery) AS most, count(*) AS number FROM devices AS d WHERE false)
SELECT o.most AS "most?", o.number AS "number!" FROM o

-- recursive
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT r.n + 1 FROM r WHERE r.n < 3) SELECT r.n AS "n!" FROM r

-- recursive, with nulls from the second step on
WITH RECURSIVE r (n, carrier) AS (
    SELECT 1, 'none'::text UNION ALL SELECT r.n + 1, d.carrier FROM r JOIN devices AS d ON d.id = r.n
)
SELECT r.n AS "n!", r.carrier AS "carrier?" FROM r

-- recursive, with a null that takes two steps
WITH RECURSIVE r (n, a, b) AS (SELECT 1, 1, 1 UNION ALL SELECT r.n + 1, r.b, NULL FROM r WHERE r.n < 4)
SELECT r.n AS "n!", r.a AS "a?", r.b AS "b?" FROM r

-- recursive through a left join
WITH RECURSIVE r (id, up) AS (
    SELECT d.id, d.customer_id FROM devices AS d
    UNION SELECT c.id, r.id FROM r LEFT JOIN customers AS c ON c.id = r.up
)
SELECT r.id AS "id?", r.up AS "up?" FROM r

-- search and cycle
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT r.n % 3 + 1 FROM r) SEARCH DEPTH FIRST BY n SET place CYCLE n SET seen USING path
SELECT r.n AS "n!", r.seen AS "seen!", r.path AS "path!", r.place AS "place!" FROM r

-- changed rows as a common table expression
WITH o AS (UPDATE devices AS d SET battery = NULL WHERE d.battery > 0 RETURNING d.id, d.battery)
SELECT o.id AS "id!", o.battery AS "battery?" FROM o

-- union
SELECT d.port AS "port!", d.carrier AS "text?" FROM devices AS d UNION SELECT s.id, 'x' FROM shares AS s

-- union all with a null
SELECT d.port AS "port?" FROM devices AS d UNION ALL SELECT NULL

-- intersect: in both, so not null where it is not null in one
SELECT d.battery AS "battery!" FROM devices AS d INTERSECT SELECT c.id + 49 FROM customers AS c

-- intersect of what both may have
SELECT d.battery AS "battery?" FROM devices AS d INTERSECT SELECT s.weight FROM shares AS s

-- except
SELECT d.port AS "port!", d.carrier AS "carrier?" FROM devices AS d EXCEPT SELECT s.id, s.note FROM shares AS s

-- except of nulls does not take them away from other columns
SELECT d.battery AS "battery?" FROM devices AS d EXCEPT SELECT s.weight FROM shares AS s WHERE s.weight > 0

-- nested set operations
(SELECT d.port AS "port!" FROM devices AS d UNION SELECT c.id FROM customers AS c) EXCEPT SELECT s.weight FROM shares AS s

-- set operations in a sub-query
SELECT o.n AS "n?" FROM (SELECT d.port AS n FROM devices AS d UNION ALL SELECT s.weight FROM shares AS s) AS o

-- values
SELECT v.a AS "a!", v.b AS "b?", v.c AS "c!" FROM (VALUES (1, NULL, 'x'), (2, 'y', 'z')) AS v (a, b, c)

-- values of parameters
-- parameters 1, NULL
SELECT v.a AS "a?" FROM (VALUES ($1::integer), ($2::integer)) AS v (a)

-- a view
SELECT o.id AS "id!", o.owner AS "owner?", o.battery AS "battery?" FROM owned AS o

-- a view, asked further
SELECT o.owner AS "owner!", o.owner_id AS "owner_id!" FROM owned AS o WHERE o.owner IS NOT NULL

-- a view with a condition
SELECT c.battery AS "battery!", c.carrier AS "carrier?" FROM charged AS c

-- a view on the nullable side
SELECT c.battery AS "battery?" FROM devices AS d LEFT JOIN charged AS c ON c.id = d.id

-- a materialized view: its rows may be older than the constraints
SELECT s.battery AS "battery?" FROM summary AS s

-- a domain
SELECT t.c AS "c!", t.f AS "f?" FROM things AS t

-- a cast to a domain
SELECT t.n::filled AS "n!", t.n::counted AS "c!" FROM things AS t

-- columns that are generated
SELECT t.id AS "id!", t.twice AS "twice!", t.thrice AS "thrice!", t.maybe AS "maybe?" FROM things AS t

-- partitions
SELECT p.id AS "id!", p.v AS "v?" FROM parted AS p

-- one partition
SELECT p.v AS "v!" FROM parted_high AS p

-- tables that inherit: a constraint of the parent alone
SELECT a.legs AS "legs?", a.name AS "name!" FROM animals AS a

-- the parent alone
SELECT a.legs AS "legs!" FROM ONLY animals AS a

-- a constraint that was not validated
-- from 18
SELECT l.v AS "v?", l.w AS "w!" FROM late AS l

-- virtual columns
-- from 18
SELECT v.same AS "same?", v.safe AS "safe!" FROM virtual AS v

-- series
SELECT g.n AS "n!" FROM generate_series(1, 3) AS g (n)

-- elements
SELECT u.word AS "word?" FROM things AS t CROSS JOIN unnest(t.words) AS u (word)

-- elements of a list that is written out
SELECT u.n AS "n!" FROM unnest(ARRAY[1, 2, 3]) AS u (n)

-- with a null in it
SELECT u.n AS "n?" FROM unnest(ARRAY[1, NULL, 3]) AS u (n)

-- numbered
SELECT u.word AS "word?", u.n AS "n!" FROM unnest('{a,NULL}'::text[]) WITH ORDINALITY AS u (word, n)

-- rows from several
SELECT r.a AS "a?", r.b AS "b!", r.n AS "n!"
FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) WITH ORDINALITY AS r (a, b, n)

-- arrays side by side
SELECT u.a AS "a!", u.b AS "b?" FROM unnest(ARRAY[1, 2], ARRAY['x']) AS u (a, b)

-- a function that gives one value
SELECT f.v AS "v!", g.v AS "v?" FROM upper('x') AS f (v) CROSS JOIN nullif(1, 1) AS g (v)

-- a set on the nullable side
SELECT t.id AS "id!", u.word AS "word?", u.n AS "n?"
FROM things AS t LEFT JOIN unnest(t.words) WITH ORDINALITY AS u (word, n) ON true

-- a strict set gives no row for null
SELECT d.tags AS "tags!", u.tag AS "tag?" FROM devices AS d CROSS JOIN unnest(d.tags) AS u (tag)

-- keys and values of a document
SELECT e.key AS "key!", e.value AS "value!", x.value AS "text?"
FROM things AS t CROSS JOIN jsonb_each(t.info) AS e CROSS JOIN jsonb_each_text(t.info) AS x WHERE jsonb_typeof(t.info) = 'object'

-- elements of a document
SELECT e.v AS "v!", x.v AS "text?"
FROM jsonb_array_elements('[1, null]') AS e (v), jsonb_array_elements_text('[1, null]') AS x (v)

-- records of a document
SELECT r.a AS "a?" FROM jsonb_to_recordset('[{"a": 1}, {}]') AS r (a integer)

-- a set in the target list
SELECT generate_series(1, 2) AS "n!"

-- two sets of different lengths in the target list
SELECT generate_series(1, 2) AS "a?", generate_series(1, 3) AS "b!"

-- elements in the target list
SELECT unnest('{1,NULL}'::integer[]) AS "n?"

-- matches
SELECT regexp_matches('abab', 'a(x)?', 'g') AS "groups!"

-- a table from a document
SELECT x.n AS "n!", x.a AS "a?", x.b AS "b!"
FROM xmltable('/r/i' PASSING ('<r><i><b>1</b></i></r>'::xml) COLUMNS n FOR ORDINALITY, a integer, b integer NOT NULL) AS x

-- a table from JSON
-- from 17
SELECT j.n AS "n!", j.a AS "a?" FROM json_table('[{"a": 1}, {}]', '$[*]' COLUMNS (n FOR ORDINALITY, a integer)) AS j

-- the server's catalogs
SELECT c.relname AS "relname!", c.relacl AS "relacl?" FROM pg_class AS c
