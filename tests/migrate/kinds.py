"""Every kind of statement, on the tables of ``test_lint_kinds``: what it is seen to do, and what of that is found."""

_TOP = "t AccessExclusive"
_SPLIT = "-- no-transaction\n"

# The file, what its statements were seen to do, one a line, and the codes of the findings.
KINDS: dict[str, tuple[str, str, list[str]]] = {
    "SET NOT NULL": ("ALTER TABLE t ALTER a SET NOT NULL", f"{_TOP}; t scanned", ["table-scan"]),
    "SET NOT NULL, proved": ("ALTER TABLE t ALTER c SET NOT NULL", _TOP, []),
    "int to bigint": ("ALTER TABLE t ALTER a TYPE bigint", f"{_TOP}; t rewritten", ["table-rewrite"]),
    "varchar(10) to varchar(20)": ("ALTER TABLE t ALTER v TYPE varchar(20)", _TOP, []),
    "varchar(10) to varchar(5)": ("ALTER TABLE t ALTER v TYPE varchar(5)", f"{_TOP}; t rewritten", ["table-rewrite"]),
    "another collation": (
        'ALTER TABLE t ALTER v TYPE varchar(10) COLLATE "C"',
        f"{_TOP}; v_idx built on t",
        ["index-build"],
    ),
    "DEFAULT now()": ("ALTER TABLE t ADD x timestamptz DEFAULT now()", _TOP, []),
    "DEFAULT gen_random_uuid()": (
        "ALTER TABLE t ADD x uuid DEFAULT gen_random_uuid()",
        f"{_TOP}; t rewritten",
        ["table-rewrite"],
    ),
    "NOT NULL DEFAULT 5": ("ALTER TABLE t ADD x integer NOT NULL DEFAULT 5", _TOP, []),
    "NOT NULL without a default": (
        "ALTER TABLE t ADD x integer NOT NULL",
        f"{_TOP}; t scanned",
        ["table-scan", "adding-required-field"],
    ),
    "STORED": (
        "ALTER TABLE t ADD x integer GENERATED ALWAYS AS (a + 1) STORED",
        f"{_TOP}; t rewritten",
        ["table-rewrite"],
    ),
    "CHECK": ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)", f"{_TOP}; t scanned", ["table-scan"]),
    "CHECK NOT VALID": ("ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID", _TOP, []),
    "VALIDATE": ("ALTER TABLE t VALIDATE CONSTRAINT unproved", "t ShareUpdateExclusive; t scanned", []),
    "VALIDATE under the lock of ADD": (
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT k",
        f"{_TOP}\nt scanned",
        ["table-scan"],
    ),
    "FOREIGN KEY": (
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (parent_id) REFERENCES parent",
        "parent ShareRowExclusive; t ShareRowExclusive; t scanned",
        ["table-scan"],
    ),
    "FOREIGN KEY NOT VALID": (
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (parent_id) REFERENCES parent NOT VALID",
        "parent ShareRowExclusive; t ShareRowExclusive",
        [],
    ),
    "UNIQUE": ("ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)", f"{_TOP}; k built on t", ["index-build"]),
    "UNIQUE USING INDEX": ("ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX ready_idx", _TOP, []),
    "CREATE INDEX": ("CREATE INDEX k ON t (a)", "t Share; k built on t", ["index-build"]),
    "CREATE INDEX CONCURRENTLY": (
        f"{_SPLIT}CREATE INDEX CONCURRENTLY k ON t (a)",
        "t ShareUpdateExclusive; k built on t",
        [],
    ),
    "REINDEX": (
        "REINDEX TABLE t",
        f"{_TOP}; ready_idx built on t; t_pkey built on t; v_idx built on t",
        ["index-build"],
    ),
    "REINDEX CONCURRENTLY": (
        f"{_SPLIT}REINDEX INDEX CONCURRENTLY v_idx",
        "t ShareUpdateExclusive; v_idx built on t",
        [],
    ),
    "DROP INDEX": ("DROP INDEX v_idx", _TOP, []),
    "DROP INDEX CONCURRENTLY": (f"{_SPLIT}DROP INDEX CONCURRENTLY v_idx", "t ShareUpdateExclusive", []),
    "RENAME of a table": ("ALTER TABLE t RENAME TO t2", _TOP, ["renaming-table"]),
    "RENAME of a column": ("ALTER TABLE t RENAME a TO a2", _TOP, ["renaming-column"]),
    "DROP COLUMN": ("ALTER TABLE t DROP a", _TOP, ["ban-drop-column"]),
    "DROP TABLE": ("DROP TABLE other", "other AccessExclusive", ["ban-drop-table"]),
    "CREATE TRIGGER": (
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touched()",
        "t ShareRowExclusive",
        [],
    ),
    "ENABLE ROW LEVEL SECURITY": ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", _TOP, []),
    "CREATE POLICY": ("CREATE POLICY own ON t USING (a = 1) WITH CHECK (a = 1)", _TOP, []),
    "TRUNCATE": ("TRUNCATE t", f"{_TOP}; t emptied", []),
    "a new table that refers to an old one": (
        "CREATE TABLE n (id integer REFERENCES parent); CREATE INDEX n_idx ON n (id)",
        "parent ShareRowExclusive",
        [],
    ),
    "two tables": (
        "ALTER TABLE t ADD x integer; ALTER TABLE other ADD x integer",
        f"{_TOP}\nother AccessExclusive",
        ["several-tables"],
    ),
    "two tables, of which readers keep the first": (
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION touched(); ALTER TABLE other ADD x integer",
        "t ShareRowExclusive\nother AccessExclusive",
        [],
    ),
    "two tables, each by itself": (
        f"{_SPLIT}ALTER TABLE t ADD x integer; ALTER TABLE other ADD x integer",
        f"{_TOP}\nother AccessExclusive",
        [],
    ),
    "UPDATE of all rows": ("UPDATE t SET a = 1", "t RowExclusive; t scanned", []),
    "UPDATE of all rows under a lock": (
        "ALTER TABLE t ADD x integer; UPDATE t SET x = 1",
        f"{_TOP}\nt scanned",
        ["table-scan"],
    ),
    "UPDATE of one row under a lock": ("ALTER TABLE t ADD x integer; UPDATE t SET x = 1 WHERE id = 1", _TOP, []),
    "a block that does it": (
        "DO $$ BEGIN EXECUTE 'ALTER TABLE t ALTER a TYPE bigint'; END $$",
        f"{_TOP}; t rewritten",
        ["table-rewrite"],
    ),
    "a block that commits": (
        f"{_SPLIT}DO $$ BEGIN COMMIT; ALTER TABLE t ALTER a TYPE bigint; END $$",
        f"{_TOP}; t rewritten",
        ["table-rewrite"],
    ),
    "CLUSTER": ("CLUSTER t USING t_pkey", f"{_TOP}; t rewritten", ["table-rewrite"]),
    "VACUUM FULL": (f"{_SPLIT}VACUUM FULL t", f"{_TOP}; t rewritten", ["table-rewrite"]),
    "REFRESH MATERIALIZED VIEW": (
        "REFRESH MATERIALIZED VIEW counts",
        "counts AccessExclusive; t AccessShare; counts rewritten; t scanned",
        ["table-rewrite"],
    ),
    "partitions go by their table's name": (
        "ALTER TABLE logs ADD x uuid DEFAULT gen_random_uuid()",
        "logs AccessExclusive; logs rewritten",
        ["table-rewrite"],
    ),
    "an index of partitions": ("CREATE INDEX k ON logs (at)", "logs Share; k built on logs", ["index-build"]),
}
