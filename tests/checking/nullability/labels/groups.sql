-- count
SELECT count(*) AS "all!", count(d.battery) AS "some!", count(DISTINCT d.carrier) AS "carriers!" FROM devices AS d

-- aggregates of no row
SELECT sum(d.port) AS "sum?", min(d.port) AS "min?", array_agg(d.port) AS "list?", bool_and(d.port > 1) AS "all?"
FROM devices AS d WHERE d.id > 1000

-- coalesced
SELECT coalesce(sum(d.port), 0) AS "sum!" FROM devices AS d WHERE d.id > 1000

-- in groups
SELECT
    d.customer_id AS "customer_id?", sum(d.port) AS "sum!", max(d.battery) AS "max?", avg(d.port) AS "avg!",
    string_agg(d.name, ',') AS "names!", array_agg(d.battery) AS "list!", count(d.battery) AS "count!"
FROM devices AS d GROUP BY d.customer_id

-- with FILTER
SELECT
    sum(d.port) FILTER (WHERE d.battery > 100) AS "sum?", count(*) FILTER (WHERE d.battery > 100) AS "count!",
    array_agg(d.port) FILTER (WHERE d.id < 0) AS "list?"
FROM devices AS d GROUP BY d.customer_id

-- groups of what is not null
SELECT d.customer_id AS "customer_id!", max(d.battery) AS "max!"
FROM devices AS d WHERE d.customer_id > 0 AND d.battery IS NOT NULL GROUP BY d.customer_id

-- spread
SELECT stddev(d.port) AS "stddev?", var_pop(d.port) AS "var_pop!", variance(d.port) AS "variance?", corr(d.port, d.id) AS "corr?"
FROM devices AS d GROUP BY d.id

-- boolean and bits
SELECT bool_or(d.port > 1) AS "or!", bit_and(d.port) AS "bits!", every(d.charging) AS "every?"
FROM devices AS d GROUP BY d.name

-- documents
SELECT json_agg(d.battery) AS "json!", jsonb_object_agg(d.id, d.carrier) AS "object!" FROM devices AS d GROUP BY d.name

-- documents of no row
SELECT json_agg(d.battery) AS "json?", jsonb_object_agg(d.id, d.carrier) AS "object?" FROM devices AS d WHERE false

-- ordered sets
SELECT
    percentile_cont(0.5) WITHIN GROUP (ORDER BY d.port) AS "median!", mode() WITHIN GROUP (ORDER BY d.battery) AS "mode?",
    percentile_disc(0.5) WITHIN GROUP (ORDER BY d.battery) AS "disc?", rank(4001) WITHIN GROUP (ORDER BY d.port) AS "rank!"
FROM devices AS d GROUP BY d.id

-- an aggregate of the service's own
SELECT last_of(d.port) AS "last!" FROM devices AS d GROUP BY d.id

-- having
SELECT max(d.battery) AS "max!", d.carrier AS "carrier?" FROM devices AS d GROUP BY d.carrier HAVING max(d.battery) >= 0

-- having on what is grouped
SELECT d.carrier AS "carrier!" FROM devices AS d GROUP BY d.carrier HAVING d.carrier <> 'x'

-- having without groups
SELECT count(*) AS "count!", max(d.battery) AS "max!" FROM devices AS d HAVING max(d.battery) > 1

-- rollup
SELECT d.id AS "id?", d.port AS "port?", count(*) AS "count!", sum(d.port) AS "sum?", grouping(d.id) AS "grouping!"
FROM devices AS d GROUP BY ROLLUP (d.id, d.port)

-- rollup beside a plain column
SELECT d.id AS "id!", d.port AS "port?", sum(d.port) AS "sum!" FROM devices AS d GROUP BY d.id, ROLLUP (d.port)

-- cube
SELECT d.name AS "name?", count(*) AS "count!" FROM devices AS d GROUP BY CUBE (d.name, d.port)

-- grouping sets
SELECT d.id AS "id!", d.name AS "name?", min(d.port) AS "min!"
FROM devices AS d GROUP BY GROUPING SETS ((d.id, d.name), (d.id))

-- the empty grouping set
SELECT count(*) AS "count!", sum(d.port) AS "sum?" FROM devices AS d WHERE d.id < 0 GROUP BY GROUPING SETS ((d.id), ())

-- a condition before grouping sets null it
SELECT d.battery AS "battery?", d.battery + 1 AS "more?" FROM devices AS d WHERE d.battery > 0 GROUP BY ROLLUP (d.battery)

-- a condition after
SELECT d.battery AS "battery!" FROM devices AS d GROUP BY ROLLUP (d.battery) HAVING d.battery > 0

-- an expression that is grouped
SELECT d.port + 1 AS "next?", (d.port + 1) * 2 AS "twice?" FROM devices AS d GROUP BY ROLLUP (d.port + 1)

-- an expression in plain groups
SELECT d.port % 2 AS "parity!", coalesce(d.battery, 0) AS "battery!" FROM devices AS d GROUP BY 1, 2

-- a column that hangs on the key
SELECT d.id AS "id!", d.name AS "name!", d.carrier AS "carrier?" FROM devices AS d GROUP BY d.id

-- groups over a left join
SELECT d.id AS "id!", count(s.id) AS "shares!", sum(s.weight) AS "weight?", max(s.id) AS "last?"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id GROUP BY d.id

-- a parameter of an aggregate without rows
-- parameters NULL
SELECT count(*) AS "count!", $1::integer AS "given?" FROM devices AS d WHERE d.id = $1

-- a sub-query that names what is grouped
SELECT (SELECT d.port) AS "port?" FROM devices AS d GROUP BY ROLLUP (d.port)

-- numbering
SELECT
    row_number() OVER w AS "row!", rank() OVER w AS "rank!", dense_rank() OVER w AS "dense!",
    percent_rank() OVER w AS "percent!", cume_dist() OVER w AS "dist!", ntile(2) OVER w AS "tile!"
FROM devices AS d WINDOW w AS (ORDER BY d.battery)

-- neighbours
SELECT
    lag(d.port) OVER w AS "lag?", lead(d.port) OVER w AS "lead?", lag(d.port, 1, 0) OVER w AS "default!",
    lag(d.port, 1, d.battery) OVER w AS "nullable?", nth_value(d.port, 2) OVER w AS "second?"
FROM devices AS d WINDOW w AS (ORDER BY d.id % 6)

-- ends of a frame
SELECT
    first_value(d.port) OVER w AS "first!", last_value(d.port) OVER w AS "last!", first_value(d.battery) OVER w AS "battery?"
FROM devices AS d WINDOW w AS (PARTITION BY d.customer_id ORDER BY d.id)

-- a frame that may be empty
SELECT
    first_value(d.port) OVER w AS "first?", sum(d.port) OVER w AS "sum?", count(*) OVER w AS "count!"
FROM devices AS d WINDOW w AS (ORDER BY d.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)

-- a frame without its own row
SELECT last_value(d.port) OVER (ORDER BY d.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS "last?"
FROM devices AS d

-- a frame without its peers
SELECT first_value(d.port) OVER (ORDER BY d.name GROUPS CURRENT ROW EXCLUDE TIES) AS "first!" FROM devices AS d

-- sums over windows
SELECT sum(d.port) OVER (ORDER BY d.id) AS "sum!", max(d.battery) OVER (ORDER BY d.id % 6) AS "max?",
    sum(d.port) FILTER (WHERE d.id > 2) OVER (ORDER BY d.id) AS "filtered?"
FROM devices AS d

-- a window over groups
SELECT sum(count(*)) OVER () AS "all!", lag(count(*)) OVER (ORDER BY d.name) AS "before?" FROM devices AS d GROUP BY d.name

-- distinct
SELECT DISTINCT d.carrier AS "carrier?", d.name AS "name!" FROM devices AS d
