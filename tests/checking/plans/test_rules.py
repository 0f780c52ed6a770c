"""What the rules find in the plans of a small service, whose customers are called tenants and are numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore.checking import plans
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans import UnusableWorkload, Workload
from tenantstore.checking.plans.planner import Plan, Planner, Stored, usual_settings
from tenantstore.checking.plans.rules import judge
from tenantstore.checking.plans.shape import Step
from tenantstore.queries import Catalog, Scope
from tenantstore.testing import Server

SCHEMA = """
CREATE TABLE notes (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL,
    state text NOT NULL,
    written_at timestamptz NOT NULL,
    tags text[] NOT NULL,
    body text NOT NULL
);
CREATE INDEX notes_tenant_id_idx ON notes (tenant_id);
CREATE INDEX notes_state_idx ON notes (state);
CREATE INDEX notes_written_at_idx ON notes (written_at);
CREATE INDEX notes_tags_idx ON notes USING gin (tags);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE kinds (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE drafts (id integer PRIMARY KEY, tenant_id integer NOT NULL);
CREATE TABLE secrets (id integer PRIMARY KEY, tenant_id integer NOT NULL);
CREATE TABLE calls (id integer, tenant_id integer, at integer, PRIMARY KEY (id, tenant_id, at));
CREATE ROLE notes_reader NOLOGIN;
GRANT SELECT ON notes, calls, kinds, drafts TO notes_reader;
"""
FILL = """
INSERT INTO notes
SELECT
    n, CASE WHEN n % 20 = 0 THEN 1 ELSE n % 2000 END, CASE WHEN n % 500 = 0 THEN 'new' ELSE 'old' END,
    timestamptz '2026-01-01' + n * interval '1 minute', ARRAY['tag-' || n % 3000], repeat('word ', 40)
FROM generate_series(1, 20000) AS n;
INSERT INTO calls SELECT n % 10, n, n FROM generate_series(1, 20000) AS n;
INSERT INTO kinds VALUES (1, 'short'), (2, 'long');
INSERT INTO secrets SELECT n, n FROM generate_series(1, 20) AS n;
"""


def fill(connection: psycopg.Connection[Any]) -> None:
    connection.execute(FILL)


WORKLOAD = Workload(
    data=fill,
    customers={"many": "SELECT 1", "few": "SELECT 7"},
    parameters={
        "after": "SELECT timestamptz '2026-01-13 21:00'",
        "tag": "SELECT 'tag-7'",
        "body": "SELECT body FROM notes WHERE id = 20",
        "note_id": "SELECT min(id) FROM notes WHERE tenant_id = %(customer_id)s",
    },
    enter={Scope.TENANT: "SELECT set_config('role', 'notes_reader', true)"},
)
ALL = "the generic plan for many and few, custom plan for many and few"
GENERIC = "the generic plan for many and few"
SCAN = "Make an index that begins with what it looks for; where it is to read all, `-- scan: reason` in the header."
NO_KEY = ", which is no customer's value and no key"
OF_TENANT = "WHERE n.tenant_id = :customer_id"

# For tenants and for the operator: what is asked, and what is complained of, at which words.
RIGHT = {
    "by_customer": f"SELECT n.id FROM notes AS n {OF_TENANT}",
    "by_key": f"SELECT n.id FROM notes AS n {OF_TENANT} AND n.id = :note_id",
    "by_keys_of_rows_found": f"SELECT o.id FROM notes AS n INNER JOIN notes AS o ON o.id = n.id + 1 {OF_TENANT}",
    "by_either_of_two": f"SELECT n.id FROM notes AS n {OF_TENANT} OR n.tags @> ARRAY[:tag]::text[]",
    "two_kinds": f"SELECT n.id FROM notes AS n INNER JOIN kinds AS k ON k.name = n.body {OF_TENANT}",
    "meant": f"-- scan: the report of all\nSELECT n.id FROM notes AS n {OF_TENANT} OR n.state IS NOT NULL",
}
WRONG = {
    "customer_as_text": (
        "SELECT n.id FROM notes AS n WHERE n.tenant_id::text = :customer_id",
        Complaint("plan-scan", f"{ALL} reads all of notes for tenant_id = :customer_id", SCAN, (17, 22)),
    ),
    "state_of_everybody": (
        "SELECT n.id FROM notes AS n WHERE n.state = 'new' AND n.tenant_id <> :customer_id",
        Complaint("plan-scan", f"{ALL} finds rows of notes by (state = 'new'::text){NO_KEY}", SCAN, (17, 22)),
    ),
    "time_of_everybody": (
        "SELECT n.body FROM notes AS n WHERE n.written_at > :after AND n.tenant_id <> :customer_id",
        Complaint("plan-scan", f"{ALL} finds rows of notes by (written_at > :after){NO_KEY}", SCAN, (19, 24)),
    ),
    "order_of_everybody": (
        "SELECT n.body FROM notes AS n WHERE n.tenant_id <> :customer_id ORDER BY n.written_at LIMIT 5",
        Complaint("plan-scan", f"{ALL} walks along all of notes_written_at_idx", SCAN, (19, 24)),
    ),
    "second_of_an_index": (
        "SELECT c.at FROM calls AS c WHERE c.tenant_id = :customer_id",
        Complaint(
            "plan-scan",
            f"{ALL} finds rows of calls by (tenant_id = :customer_id) in calls_pkey, which begins with id",
            SCAN,
            (17, 22),
        ),
    ),
    "no_rows_to_plan_on": (
        "SELECT d.id FROM drafts AS d WHERE d.tenant_id = :customer_id",
        Complaint(
            "plan-no-rows",
            "the workload has no row of drafts, so the plans show nothing",
            "Make rows of it with the others, as many and as skewed as in life.",
        ),
    ),
    "not_granted": (
        "SELECT s.id FROM secrets AS s WHERE s.tenant_id = :customer_id",
        Complaint(
            "plan-refused",
            "permission denied for table secrets [42501]",
            "It is planned as the role that runs it: does that have the grants?",
        ),
    ),
    "claimed_for_nothing": (
        f"-- scan: the report of all\nSELECT n.id FROM notes AS n {OF_TENANT}",
        Complaint(
            "needless-claim", "`scan` is claimed, and no plan reads all of a table", "Take it out of the header."
        ),
    ),
}
OPERATORS_RIGHT = {
    "everything": "SELECT n.id FROM notes AS n ORDER BY n.id",
    "values_of_many_types": "SELECT n.id FROM notes AS n WHERE n.id = :id AND row(:a::mood, :b::int4range, :c::jsonb,"
    " :d::text[], :e::boolean, :f::timestamptz, :g::inet, :h::numeric, :i::interval, :j::uuid) IS NOT NULL",
    "since": "SELECT n.id FROM notes AS n WHERE n.written_at >= :after",
    "half_of_all": "SELECT n.id FROM notes AS n WHERE n.state = :state",
}
OPERATORS_WRONG = {
    "body_among_the_new": (
        "SELECT n.id FROM notes AS n WHERE n.body = :body AND n.state = 'new'",
        Complaint("plan-scan", f"{GENERIC} finds rows of notes by (state = 'new'::text){NO_KEY}", SCAN, (17, 22)),
    ),
    "body": (
        "SELECT n.id FROM notes AS n WHERE n.body = :body",
        Complaint("plan-scan", f"{GENERIC} reads all of notes for body = :body", SCAN, (17, 22)),
    ),
}


def write(folder: Path, name: str, scope: str, text: str) -> None:
    (folder / f"{name}.sql").write_text(f"-- scope: {scope}\n{text};\n")


@pytest.fixture(scope="module", params=["server", "server15"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, list[Complaint]]]:
    """The complaints of all queries."""
    server: Server = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("sql")
    for scope, right, wrong in (("tenant", RIGHT, WRONG), ("operator", OPERATORS_RIGHT, OPERATORS_WRONG)):
        for name, text in {**right, **{name: case[0] for name, case in wrong.items()}}.items():
            write(folder, name, scope, text)
    catalog = Catalog(folder)
    server.create_database("notes")
    with psycopg.connect(server.dsn("notes"), autocommit=True) as admin:
        admin.execute(SCHEMA)
    yield plans.examine(server.dsn("notes"), [catalog.source(name) for name in catalog], WORKLOAD).complaints
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        server.drop_database("notes")
        admin.execute("DROP ROLE notes_reader")


def test_only_what_is_wrong_is_complained_of(told: dict[str, list[Complaint]]) -> None:
    assert told == {name: [case[1]] for name, case in {**WRONG, **OPERATORS_WRONG}.items()}


def index_scan(condition: str, index: str = "notes_tenant_id_idx") -> Step:
    return Step("Bitmap Index Scan", "", index, condition, "", (), "", "")


BY_CUSTOMER = index_scan("(tenant_id = :customer_id)")
BY_STATE = index_scan("(state = 'new'::text)", "notes_state_idx")
STORED = Stored({"notes": 20000}, {"notes_tenant_id_idx": "tenant_id", "notes_state_idx": "state"})
BITMAPS = {
    "both": (Step("BitmapAnd", "", "", "", "", (BY_CUSTOMER, BY_STATE), "", ""), ""),
    "either": (
        Step("BitmapOr", "", "", "", "", (BY_CUSTOMER, BY_STATE), "", ""),
        f"finds rows of notes by (state = 'new'::text){NO_KEY}",
    ),
}


@pytest.mark.parametrize(("bitmap", "problem"), BITMAPS.values(), ids=BITMAPS)
@pytest.mark.parametrize("text", ["notes AS n", "notes AS n WHERE EXISTS (SELECT FROM notes AS n)"])
def test_of_several_indexes_one_is_enough_if_all_must_agree(
    tmp_path: Path, text: str, bitmap: Step, problem: str
) -> None:
    write(tmp_path, "get", "tenant", f"SELECT :customer_id FROM {text}")
    step = Step("Bitmap Heap Scan", "notes", "", "", "", (bitmap,), "n", "")
    found = judge(Catalog(tmp_path).source("get"), [Plan("generic", "huge", step)], STORED)
    # Of two by one name either may be meant.
    place = (15, 20) if text == "notes AS n" else None

    assert found == ([Complaint("plan-scan", f"the generic plan for huge {problem}", SCAN, place)] if problem else [])


@pytest.fixture
def notes(server: Server, tmp_path: Path) -> Iterator[tuple[str, Catalog]]:
    """An empty database, and a query of its table."""
    write(tmp_path, "get", "operator", "SELECT p.id FROM papers AS p WHERE p.id = :id")
    name = f"papers_{tmp_path.name}"
    server.create_database(name)
    with psycopg.connect(server.dsn(name)) as admin:
        admin.execute("CREATE TABLE papers (id integer)")
    yield server.dsn(name), Catalog(tmp_path)
    server.drop_database(name)


@pytest.mark.parametrize(
    ("workload", "problem"),
    [
        (
            {"customers": {"huge": "SELECT 1 WHERE false"}},
            "the huge customer: SELECT 1 WHERE false gives no value",
        ),
        (
            {"parameters": {"id": "SELECT max(id) FROM papers"}},
            "get: :id for the one customer: SELECT (SELECT max(id) FROM papers)::integer::text gives no value",
        ),
        (
            {"parameters": {"get:id": "SELECT 'seven'"}},
            'get: :id for the one customer: invalid input syntax for type integer: "seven" [22P02]',
        ),
        ({"data": "INSERT INTO leaves VALUES (1)"}, 'the rows to plan on: relation "leaves" does not exist [42P01]'),
        ({"version": 14, "update": True}, "baselines are of PostgreSQL 14, and this server is 18"),
    ],
    ids=["no customer", "no value", "another type", "no table", "another version"],
)
def test_a_workload_that_is_of_no_use(
    notes: tuple[str, Catalog], tmp_path: Path, workload: dict[str, Any], problem: str
) -> None:
    dsn, catalog = notes
    data = tmp_path / "rows"
    data.write_text(workload.pop("data", "SELECT 1"))
    update = workload.pop("update", False)
    wanted = Workload(**{"data": data, "customers": {"one": "SELECT 1"}, **workload})

    with pytest.raises(UnusableWorkload) as caught:
        plans.examine(dsn, [catalog.source("get")], wanted, tmp_path, update=update)

    assert str(caught.value) == problem


def test_settings_of_the_connection_are_as_they_were(notes: tuple[str, Catalog]) -> None:
    dsn, catalog = notes
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        before = connection.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall()
        wanted = Workload(lambda _: None, {"one": "SELECT 1"})
        with usual_settings(connection):
            Planner(connection, wanted).plans(catalog.source("get"))

        assert connection.execute("SELECT name, setting FROM pg_settings ORDER BY name").fetchall() == before
