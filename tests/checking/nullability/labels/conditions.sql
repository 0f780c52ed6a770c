-- is not null
SELECT d.battery AS "battery!", d.carrier AS "carrier?" FROM devices AS d WHERE d.battery IS NOT NULL

-- comparison
SELECT d.battery AS "battery!", d.carrier AS "carrier!" FROM devices AS d WHERE d.battery > 1 AND d.carrier = 'acme'

-- or
SELECT d.battery AS "battery?", d.carrier AS "carrier?" FROM devices AS d WHERE d.battery > 1 OR d.carrier = 'acme'

-- or, of which one is there
SELECT coalesce(d.battery::text, d.carrier) AS "one!" FROM devices AS d WHERE d.battery > 1 OR d.carrier = 'acme'

-- or whose branches agree
SELECT d.battery AS "battery!" FROM devices AS d WHERE (d.battery > 1 AND d.charging) OR d.battery IN (0, 50)

-- not of a strict operator
SELECT d.battery AS "battery!" FROM devices AS d WHERE NOT (d.battery = 1)

-- not of or
SELECT d.battery AS "battery!", d.carrier AS "carrier!" FROM devices AS d WHERE NOT (d.battery = 1 OR d.carrier = 'x')

-- not of and
SELECT d.battery AS "battery?" FROM devices AS d WHERE NOT (d.battery = 1 AND d.carrier = 'x')

-- not of is null
SELECT d.battery AS "battery!" FROM devices AS d WHERE NOT (d.battery IS NULL)

-- boolean column
SELECT d.charging AS "charging!" FROM devices AS d WHERE d.charging

-- boolean tests
SELECT d.charging AS "charging!" FROM devices AS d WHERE d.charging IS FALSE

-- boolean tests that null passes
SELECT d.charging AS "charging?" FROM devices AS d WHERE d.charging IS NOT TRUE

-- is not unknown
SELECT d.battery AS "battery!" FROM devices AS d WHERE (d.battery > 3) IS NOT UNKNOWN

-- test of a comparison
SELECT d.battery AS "battery?" FROM devices AS d WHERE (d.battery > 3) IS NOT TRUE

-- in a list
SELECT d.carrier AS "carrier!" FROM devices AS d WHERE d.carrier IN ('acme', 'x')

-- not in a list
SELECT d.carrier AS "carrier!" FROM devices AS d WHERE d.carrier NOT IN ('x', 'y')

-- not any of an array that may be empty
-- parameters {}
SELECT d.carrier AS "carrier?" FROM devices AS d WHERE d.carrier <> ALL ($1::text[])

-- any of an array
-- parameters {acme}
SELECT d.carrier AS "carrier!", $1::text[] AS "given!" FROM devices AS d WHERE d.carrier = ANY ($1::text[])

-- in a sub-query
SELECT d.customer_id AS "customer_id!" FROM devices AS d WHERE d.customer_id IN (SELECT c.id FROM customers AS c)

-- not in a sub-query that may be empty
SELECT d.customer_id AS "customer_id?"
FROM devices AS d WHERE d.customer_id NOT IN (SELECT c.id FROM customers AS c WHERE c.id = 99)

-- exists
SELECT d.customer_id AS "customer_id!"
FROM devices AS d WHERE EXISTS (SELECT FROM customers AS c WHERE c.id = d.customer_id)

-- not exists
SELECT d.customer_id AS "customer_id?"
FROM devices AS d WHERE NOT EXISTS (SELECT FROM customers AS c WHERE c.id = d.customer_id)

-- exists of an aggregate is always true
SELECT d.customer_id AS "customer_id?"
FROM devices AS d WHERE EXISTS (SELECT count(*) FROM customers AS c WHERE c.id = d.customer_id)

-- rows that are equal
SELECT d.battery AS "battery!", d.carrier AS "carrier!" FROM devices AS d WHERE (d.battery, d.carrier) = (50, 'acme')

-- rows that are less: the first decides
SELECT d.battery AS "battery!", d.carrier AS "carrier?" FROM devices AS d WHERE (d.battery, d.carrier) < (40, 'x')

-- a row is not null
SELECT d.battery AS "battery!", d.carrier AS "carrier!" FROM devices AS d WHERE ROW(d.battery, d.carrier) IS NOT NULL

-- a row is not a row of nulls
SELECT d.battery AS "battery?", d.carrier AS "carrier?" FROM devices AS d WHERE NOT (ROW(d.battery, d.carrier) IS NULL)

-- distinct from
SELECT d.battery AS "battery?" FROM devices AS d WHERE d.battery IS DISTINCT FROM 3

-- between
SELECT d.battery AS "battery!" FROM devices AS d WHERE d.battery BETWEEN 0 AND 100

-- coalesce in a condition
SELECT d.battery AS "battery?" FROM devices AS d WHERE coalesce(d.battery, 5) > 1

-- nullif in a condition
SELECT d.battery AS "battery!" FROM devices AS d WHERE nullif(d.battery, 3) IS NOT NULL

-- a strict function of the service's own
SELECT t.x AS "x!" FROM things AS t WHERE shy(t.x) > 0

-- one that is not strict
SELECT t.x AS "x?" FROM things AS t WHERE bold(t.x) > 0

-- an expression that was asked
SELECT t.info -> 'a' ->> 'b' AS "b!" FROM things AS t WHERE t.info -> 'a' ->> 'b' IS NOT NULL

-- another expression than was asked
SELECT t.info ->> 'b' AS "b?" FROM things AS t WHERE t.info ->> 'l' IS NOT NULL

-- parameters
-- parameters 2, NULL
SELECT $1::integer AS "one!", $2::text AS "two?", d.battery AS "battery?" FROM devices AS d WHERE d.id = $1

-- a parameter that null passes
-- parameters NULL
SELECT $1::text AS "given?" FROM devices AS d WHERE d.carrier = $1::text OR $1::text IS NULL

-- a condition on what a sub-query gives
SELECT o.battery AS "battery!" FROM (SELECT d.battery FROM devices AS d) AS o WHERE o.battery > 1

-- a condition that holds by case
SELECT d.battery AS "battery?" FROM devices AS d WHERE CASE WHEN d.charging THEN d.battery > 0 ELSE true END

-- a condition in ON of a join that is not outer
SELECT d.battery AS "battery!" FROM devices AS d JOIN logs AS l ON d.battery > l.bytes OR d.battery < l.bytes

-- both cases of an alternative
SELECT s.id IS NOT NULL OR d.customer_id = 1 AS "may!", s.can_rename OR d.customer_id = 1 AS "rename?"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id AND s.grantee_id = 1
WHERE d.customer_id = 1 OR s.id IS NOT NULL

-- an alternative that is true where the other is not known
SELECT (d.customer_id = 1) IS TRUE OR s.can_rename AS "rename!"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id AND s.grantee_id = 1
WHERE d.customer_id = 1 OR s.id IS NOT NULL
