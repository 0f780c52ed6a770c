-- inner join
SELECT d.id AS "id!", d.customer_id AS "customer_id!", c.email AS "email?"
FROM devices AS d JOIN customers AS c ON c.id = d.customer_id

-- left join
SELECT d.id AS "id!", d.customer_id AS "customer_id?", c.id AS "c_id?", c.name AS "name?"
FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id

-- right join
SELECT d.id AS "id?", c.id AS "c_id!", c.email AS "email?"
FROM devices AS d RIGHT JOIN customers AS c ON c.id = d.customer_id

-- full join
SELECT d.id AS "id?", c.id AS "c_id?", coalesce(d.id, c.id) AS "one!", d.id IS NULL AS "test!"
FROM devices AS d FULL JOIN customers AS c ON c.id = d.customer_id

-- full join with USING: the merged column is of the side that is there
SELECT id AS "id!", d.port AS "port?", s.device_id AS "device_id?"
FROM devices AS d FULL JOIN shares AS s USING (id)

-- full join of a nullable column with USING
SELECT customer_id AS "customer_id?"
FROM devices AS d FULL JOIN (SELECT s.grantee_id AS customer_id FROM shares AS s) AS s USING (customer_id)

-- left join with USING: the merged column is of the left side
SELECT id AS "id!", s.note AS "note?" FROM devices AS d LEFT JOIN shares AS s USING (id)

-- right join with USING
SELECT id AS "id!", d.id AS "d_id?" FROM devices AS d RIGHT JOIN shares AS s USING (id)

-- cross join
SELECT d.id AS "id!", c.name AS "name!", d.carrier AS "carrier?" FROM devices AS d CROSS JOIN customers AS c

-- a condition on the nullable side makes the left join an inner one
SELECT d.customer_id AS "customer_id!", c.name AS "name!", c.email AS "email!"
FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id
WHERE c.email LIKE '%'

-- a condition that null passes does not
SELECT c.name AS "name?"
FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id
WHERE c.email IS NULL OR c.email <> 'x'

-- a condition on the preserved side says nothing of the other
SELECT d.battery AS "battery!", s.id AS "s_id?"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id
WHERE d.battery > 0

-- a condition in ON on the preserved side does not filter it
SELECT d.battery AS "battery?", s.id AS "s_id?"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id AND d.battery > 0

-- what ON says of the preserved side holds where the other is there
SELECT d.battery AS "battery!", s.weight AS "weight!"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id AND d.battery > 0 AND s.weight > 0
WHERE s.id IS NOT NULL

-- full join that a condition makes a left one
SELECT d.id AS "id!", s.id AS "s_id?"
FROM devices AS d FULL JOIN shares AS s ON s.device_id = d.id
WHERE d.port > 0

-- full join that conditions make an inner one
SELECT d.id AS "id!", s.id AS "s_id!", s.note AS "note?"
FROM devices AS d FULL JOIN shares AS s ON s.device_id = d.id
WHERE d.port > 0 AND s.device_id > 0

-- left join of a join
SELECT d.id AS "id!", s.id AS "s_id?", c.id AS "c_id?"
FROM devices AS d LEFT JOIN (shares AS s JOIN customers AS c ON c.id = s.grantee_id) ON s.device_id = d.id

-- one of the nested relations that is there shows the other
SELECT c.name AS "name!", s.note AS "note?"
FROM devices AS d LEFT JOIN (shares AS s JOIN customers AS c ON c.id = s.grantee_id) ON s.device_id = d.id
WHERE s.can_rename IS NOT NULL

-- left join within a left join
SELECT s.id AS "s_id!", c.id AS "c_id?"
FROM devices AS d
LEFT JOIN (shares AS s LEFT JOIN customers AS c ON c.id = s.grantee_id AND c.email IS NOT NULL) ON s.device_id = d.id
WHERE s.id > 0

-- chain of left joins of which the last is there
SELECT s.id AS "s_id!", c.name AS "name!"
FROM devices AS d
LEFT JOIN shares AS s ON s.device_id = d.id
LEFT JOIN customers AS c ON c.id = s.grantee_id
WHERE c.name IS NOT NULL

-- join on the nullable side's column
SELECT s.id AS "s_id!", c.name AS "name!", d.carrier AS "carrier?"
FROM devices AS d
LEFT JOIN shares AS s ON s.device_id = d.id
JOIN customers AS c ON c.id = s.grantee_id

-- anti join
SELECT d.id AS "id!", s.id AS "s_id?"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id
WHERE s.id IS NULL

-- lateral
SELECT d.id AS "id!", l.id AS "l_id!", l.twice AS "twice?", l.mine AS "mine!"
FROM devices AS d
JOIN LATERAL (SELECT s.id, s.weight * 2 AS twice, d.port AS mine FROM shares AS s WHERE s.device_id = d.id) AS l ON true

-- lateral, left
SELECT l.id AS "l_id?", l.mine AS "mine?"
FROM devices AS d
LEFT JOIN LATERAL (SELECT s.id, d.port AS mine FROM shares AS s WHERE s.device_id = d.id) AS l ON true

-- lateral aggregate
SELECT l.total AS "total!", l.most AS "most?"
FROM devices AS d
CROSS JOIN LATERAL (SELECT count(*) AS total, max(s.id) AS most FROM shares AS s WHERE s.device_id = d.id) AS l

-- a condition inside of a lateral sub-query on the outer row
SELECT d.battery AS "battery!"
FROM devices AS d CROSS JOIN LATERAL (SELECT s.id FROM shares AS s WHERE s.weight < d.battery) AS l

-- a join with an alias of its own
SELECT j.id AS "id!", j.carrier AS "carrier?", j.note AS "note?"
FROM (devices AS d (id, customer_id, name, carrier) LEFT JOIN shares AS s (s_id, device_id, g, note) ON s.device_id = d.id) AS j

-- whole rows
SELECT d AS "d!", s AS "s?", s IS NULL AS "missing!"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id

-- system columns
SELECT d.ctid AS "ctid!", s.ctid AS "s_ctid?", d.tableoid AS "oid!"
FROM devices AS d LEFT JOIN shares AS s ON s.device_id = d.id

-- self join
SELECT a.battery AS "a!", b.battery AS "b!", b.carrier AS "carrier?"
FROM devices AS a JOIN devices AS b ON a.battery < b.battery

-- natural join
SELECT customer_id AS "customer_id!", name AS "name!"
FROM devices NATURAL JOIN (SELECT d.customer_id, d.name FROM devices AS d) AS o
