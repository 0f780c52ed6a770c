ALTER TABLE animals ADD CONSTRAINT animals_legs_not_null NOT NULL legs NO INHERIT;

-- A constraint that was not validated holds for new rows only.
CREATE TABLE late (id integer PRIMARY KEY, v integer, w integer);
INSERT INTO late VALUES (1, NULL, 1);
ALTER TABLE late ADD CONSTRAINT late_v_not_null NOT NULL v NOT VALID;
ALTER TABLE late ADD CONSTRAINT late_w_not_null NOT NULL w;

CREATE TABLE virtual (
    id integer PRIMARY KEY,
    x integer,
    same integer GENERATED ALWAYS AS (x),
    safe integer NOT NULL GENERATED ALWAYS AS (coalesce(x, 0))
);
INSERT INTO virtual VALUES (1, NULL);
