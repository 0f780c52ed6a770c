-- insert
INSERT INTO devices AS d (id, name, port) VALUES (100, 'new', 1) RETURNING d.id AS "id!", d.name AS "name!", d.carrier AS "carrier?"

-- insert of a value into a nullable column
INSERT INTO triggered AS t (id, v) VALUES (100, 5) RETURNING t.id AS "id!", t.v AS "v?"

-- insert from a query
INSERT INTO customers AS n (id, name, email)
SELECT c.id + 100, c.name, NULL FROM customers AS c WHERE c.email IS NOT NULL
RETURNING n.id AS "id!", n.email AS "email?"

-- upsert
INSERT INTO devices AS d (id, name, port) VALUES (1, 'new', 1), (101, 'x', 2)
ON CONFLICT (id) DO UPDATE SET carrier = excluded.carrier
RETURNING d.id AS "id!", d.carrier AS "carrier?", d.port AS "port!", (d.xmax = 0) AS "inserted!"

-- upsert that may do nothing
INSERT INTO devices AS d (id, name, port) VALUES (1, 'new', 1), (101, 'x', 2) ON CONFLICT DO NOTHING RETURNING d.name AS "name!"

-- parameters of an insert
-- parameters 100, NULL
INSERT INTO customers AS c (id, name, email) VALUES ($1, 'x', $2) RETURNING c.id AS "id!", c.email AS "email?", $2 AS "given?"

-- update
UPDATE devices AS d SET battery = NULL WHERE d.battery > 1 RETURNING d.id AS "id!", d.battery AS "battery?", d.battery IS NULL AS "null!"

-- update from
UPDATE devices AS d SET carrier = c.email FROM customers AS c WHERE c.id = d.customer_id
RETURNING d.id AS "id!", c.id AS "c_id!", c.email AS "email?", d.carrier AS "carrier?"

-- update from a left join
UPDATE devices AS d SET port = d.port + 1
FROM customers AS c LEFT JOIN shares AS s ON s.grantee_id = c.id AND s.id > 4
WHERE c.id = d.customer_id
RETURNING s.id AS "s_id?", c.name AS "name!"

-- update with a trigger that takes it back
-- given ALTER TABLE triggered DISABLE TRIGGER forget; UPDATE triggered SET v = 1; ALTER TABLE triggered ENABLE TRIGGER forget
UPDATE triggered AS t SET v = 3 WHERE t.v IS NOT NULL RETURNING t.v AS "v?"

-- delete
DELETE FROM devices AS d WHERE d.battery > 1 RETURNING d.id AS "id!", d.battery AS "battery!", d.carrier AS "carrier?"

-- delete using
DELETE FROM shares AS s USING devices AS d WHERE d.id = s.device_id AND d.carrier IS NOT NULL
RETURNING s.note AS "note?", d.carrier AS "carrier!", d.battery AS "battery?"

-- a write that a rule sends elsewhere
INSERT INTO ruled (id, v) VALUES (1, 1) RETURNING id AS "id?", v AS "v?"

-- a view that is written to: its condition says nothing of the new row
UPDATE writable AS w SET battery = NULL RETURNING w.battery AS "battery?"

-- sub-queries in what is given back
INSERT INTO shares AS s (id, device_id, grantee_id, can_rename) VALUES (100, 1, 1, true)
RETURNING (SELECT d.carrier FROM devices AS d WHERE d.id = s.device_id AND d.id > 1) AS "carrier?",
    (SELECT count(*) FROM devices AS d WHERE d.id = s.device_id) AS "count!"

-- columns that are made by the server
INSERT INTO things AS t (n, f, c, p, span, info, words, at) VALUES (1, 1, 1, '(,)', 'empty', '{}', '{}', now())
RETURNING t.id AS "id!", t.twice AS "twice!", t.thrice AS "thrice!", t.maybe AS "maybe?"

-- old and new of an insert
-- from 18
INSERT INTO devices AS d (id, name, port) VALUES (100, 'new', 1) RETURNING old.id AS "old?", new.id AS "new!", new.carrier AS "carrier?"

-- old and new of an upsert
-- from 18
INSERT INTO devices AS d (id, name, port) VALUES (1, 'new', 1), (101, 'x', 2) ON CONFLICT (id) DO UPDATE SET port = 3
RETURNING old.id AS "old?", new.id AS "new!"

-- old and new of an update
-- from 18
UPDATE devices AS d SET battery = NULL WHERE d.battery > 1
RETURNING old.battery AS "old!", new.battery AS "new?", new.id AS "id!", old.carrier AS "carrier?"

-- old and new of a delete
-- from 18
DELETE FROM devices AS d WHERE d.battery > 1 RETURNING old.battery AS "old!", new.id AS "new?"

-- merge
-- from 17
MERGE INTO devices AS d USING customers AS c ON d.id = c.id
WHEN MATCHED THEN UPDATE SET carrier = c.email WHEN NOT MATCHED THEN INSERT (id, name, port) VALUES (c.id + 100, c.name, 1)
RETURNING merge_action() AS "action!", d.id AS "id!", c.id AS "c_id!", d.carrier AS "carrier?"

-- merge of what is in the target alone
-- from 17
MERGE INTO devices AS d USING customers AS c ON d.id = c.id WHEN NOT MATCHED BY SOURCE THEN DELETE
RETURNING d.id AS "id!", c.id AS "c_id?"

-- old and new of a merge
-- from 18
MERGE INTO devices AS d USING (SELECT c.id * 3 AS id FROM customers AS c) AS c ON d.id = c.id
WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, name, port) VALUES (c.id + 100, 'x', 1)
RETURNING old.id AS "old?", new.id AS "new?"

-- a delete that a rule sends elsewhere
-- given ALTER TABLE ruled DISABLE RULE elsewhere; INSERT INTO ruled VALUES (1, 1); INSERT INTO ledger VALUES (NULL, NULL)
DELETE FROM ruled AS r WHERE r.v > 0 RETURNING r.id AS "id?", r.v AS "v?"
