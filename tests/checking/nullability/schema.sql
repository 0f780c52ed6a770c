-- Customers, their phones, shares and logs; what is nullable holds nulls in the data of every test that can.
CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    email text UNIQUE
);
CREATE TABLE devices (
    id integer PRIMARY KEY,
    customer_id integer,
    name text NOT NULL,
    carrier text,
    battery integer,
    port integer NOT NULL,
    charging boolean,
    tags text[],
    UNIQUE (customer_id, name)
);
CREATE TABLE shares (
    id integer PRIMARY KEY,
    device_id integer NOT NULL,
    grantee_id integer NOT NULL,
    note text,
    can_rename boolean NOT NULL,
    weight integer,
    UNIQUE (device_id, grantee_id)
);
CREATE TABLE logs (
    device_id integer NOT NULL,
    bytes integer,
    kind text
);
CREATE VIEW owned AS
SELECT d.id, d.name, d.battery, c.name AS owner, c.id AS owner_id
FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id;
CREATE VIEW charged AS
SELECT d.id, d.battery, d.carrier FROM devices AS d WHERE d.battery > 0;
CREATE MATERIALIZED VIEW summary AS
SELECT d.id, d.battery FROM devices AS d;

CREATE DOMAIN filled AS integer NOT NULL;
CREATE DOMAIN counted AS filled CHECK (value >= 0);
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE pair AS (one integer, two text);
CREATE TABLE things (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    n integer NOT NULL,
    x integer,
    f filled,
    c counted NOT NULL,
    twice integer GENERATED ALWAYS AS (n * 2) STORED,
    thrice integer NOT NULL GENERATED ALWAYS AS (n * 3) STORED,
    maybe integer GENERATED ALWAYS AS (x * 2) STORED,
    feels mood,
    p pair NOT NULL,
    span int4range NOT NULL,
    info jsonb NOT NULL,
    words text[] NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE parted (id integer NOT NULL, v integer) PARTITION BY RANGE (id);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE parted_high PARTITION OF parted (v NOT NULL) FOR VALUES FROM (10) TO (20);

CREATE TABLE animals (legs integer, name text NOT NULL);
CREATE TABLE birds (wings integer NOT NULL) INHERITS (animals);

CREATE TABLE triggered (id integer PRIMARY KEY, v integer);
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := NULL; RETURN NEW; END';
CREATE TRIGGER forget BEFORE INSERT OR UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION forget();

CREATE TABLE ruled (id integer PRIMARY KEY, v integer NOT NULL);
CREATE TABLE ledger (id integer, v integer);
CREATE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD
INSERT INTO ledger VALUES (NULL, NULL) RETURNING ledger.id, ledger.v;
CREATE RULE elsewhere_too AS ON DELETE TO ruled DO INSTEAD
DELETE FROM ledger RETURNING ledger.id, ledger.v;

CREATE VIEW writable AS SELECT d.id, d.port, d.battery FROM devices AS d WHERE d.battery IS NOT NULL;

CREATE FUNCTION shy(integer) RETURNS integer LANGUAGE sql STRICT IMMUTABLE AS 'SELECT nullif($1, 1)';
CREATE FUNCTION bold(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, 1)';
CREATE AGGREGATE last_of (integer) (sfunc = int4larger, stype = integer);
