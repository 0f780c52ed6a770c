-- Few rows in which everything that may be null is null somewhere, and values meet or miss each other.
INSERT INTO customers VALUES (1, 'ada', 'ada@example.org'), (2, 'bob', NULL), (3, 'cyd', 'cyd@example.org'), (4, 'dee', NULL);
INSERT INTO devices VALUES
(1, 1, 'rack', 'acme', 50, 4000, true, '{a,NULL}'),
(2, 1, 'desk', NULL, NULL, 4001, NULL, NULL),
(3, NULL, 'stray', 'acme', 0, 4002, false, '{}'),
(4, 2, 'rack', NULL, 7, 4003, true, '{b}'),
(5, NULL, 'stray', NULL, NULL, 4004, NULL, NULL),
(6, 3, 'pad', 'acme', NULL, 4005, true, NULL),
(7, 2, 'lamp', NULL, 3, 4006, false, '{}');
INSERT INTO shares VALUES
(1, 1, 2, 'mine', true, 1),
(2, 1, 3, NULL, false, NULL),
(3, 4, 1, NULL, false, 2),
(4, 9, 3, 'gone', true, NULL),
(5, 6, 1, 'x', true, 3),
(6, 3, 1, NULL, false, NULL),
(8, 2, 2, 'y', true, NULL);
INSERT INTO logs VALUES (1, 10, 'up'), (1, NULL, 'down'), (2, NULL, NULL), (9, 5, 'up');
REFRESH MATERIALIZED VIEW summary;
INSERT INTO things (n, x, f, c, feels, p, span, info, words, at) VALUES
(1, NULL, 1, 1, NULL, '(,)', 'empty', '{}', '{}', 'infinity'),
(2, 5, 2, 2, 'sad', '(1,a)', '[1,5)', '{"a": {"b": 1}, "l": [1]}', '{x,y}', '2026-01-05'),
(3, 1, 3, 3, 'glad', '(2,)', '(,)', '{"a": null, "l": []}', '{NULL}', '-infinity');
-- A value of the domain's type is not checked again, so a null gets in where a sub-query finds no row.
INSERT INTO things (n, f, c, p, span, info, words, at)
VALUES (4, (SELECT t.f FROM things AS t WHERE false), 4, '(3,b)', '[2,3)', 'null', '{z}', '2026-02-01');
INSERT INTO parted VALUES (1, NULL), (2, 1), (11, 1);
INSERT INTO animals VALUES (4, 'cat');
INSERT INTO birds VALUES (NULL, 'wren', 2);
INSERT INTO triggered VALUES (1, 1);
