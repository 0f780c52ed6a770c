"""The doctor finds nothing in a healthy database, each thing that was done to a sick one, and says what to do."""

import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.checking import Finding, examine
from tenantstore.checking.model import FUNCTIONS, TABLES, VIEWS
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.server import judge_version
from tenantstore.checking.tenancy import EVERY, OWNER, Named, Table
from tenantstore.cli import main
from tenantstore.testing import Server
from tests.checking.conftest import TEMPLATE, LaunchMigrated, Patient
from tests.checking.sabotages import SABOTAGES

# Each code as the first thing that is done to show it shows it.
RENDERED = Path(__file__).parent / "rendered"
NUMBERED = re.compile(r"patient_\d+")
FIRST = {code: sabotage for sabotage, _, found in reversed(SABOTAGES) for code, _ in reversed(found)}


def rendered(code: str) -> str:
    """How a finding of that code is shown."""
    return (RENDERED / f"{code}.txt").read_text().strip()


def known(findings: list[Finding]) -> list[Finding]:
    """Without the server's age, which is the affair of the machine that the tests run on."""
    return [each for each in findings if each.code != "version-outdated"]


@pytest.mark.parametrize("deployer", [None, "deployer"], ids=["by a superuser", "by its owner"])
@pytest.mark.parametrize("version", [18, 15])
def test_a_migrated_database_is_healthy(launch_migrated: LaunchMigrated, version: int, deployer: str | None) -> None:
    server = launch_migrated(version, deployer)

    assert known(examine(server.dsn(TEMPLATE, "app"))) == []


@pytest.mark.parametrize(("sabotage", "undo", "found"), SABOTAGES, ids=[each[0][:70] for each in SABOTAGES])
def test_what_was_done_is_found(patient: Patient, sabotage: str, undo: str, found: list[tuple[str, str]]) -> None:
    findings = known(patient(sabotage, undo))
    texts = {each.code: NUMBERED.sub("shop", str(each)) for each in reversed(findings)}
    shown = {code: text for code, text in texts.items() if FIRST[code] == sabotage}

    assert [(each.code, each.object) for each in findings] == found
    assert shown == {code: rendered(code) for code in shown}


def test_each_rendering_is_of_a_case() -> None:
    others = {"login-superuser", "not-migrated", "role-missing", "version-outdated", "version-unsupported"}

    assert {path.stem for path in RENDERED.iterdir()} == FIRST.keys() | others


def test_advice_that_is_whole_sql_mends_what_it_is_about(patient: Patient) -> None:
    patient("ALTER TABLE devices DISABLE ROW LEVEL SECURITY")
    patient("DROP POLICY devices_tenant_select ON devices")
    patient("ALTER POLICY device_commands_tenant_insert ON device_commands WITH CHECK (true)")
    patient("GRANT SELECT (auth_token, viewers), INSERT, TRUNCATE ON devices TO tenantstore_tenant")
    patient("REVOKE SELECT (id, name) ON devices FROM tenantstore_tenant")
    patient("GRANT EXECUTE ON FUNCTION tenantstore_guard_child() TO PUBLIC")
    patient(
        "CREATE OR REPLACE VIEW connection_passwords WITH (security_barrier = false) AS"
        " SELECT c.id AS connection_id, c.password_hash, c.password_plain FROM proxy_connections AS c"
    )
    patient("ALTER TABLE rotation_links DISABLE TRIGGER rotation_links_tenant_guard")
    patient("DROP TRIGGER device_commands_tenant_guard ON device_commands")
    findings = known(patient("ALTER TABLE device_shares DROP CONSTRAINT device_shares_device_id_owner_id_fkey"))

    assert (len(findings), known(patient("".join(each.advice for each in findings)))) == (11, [])


def test_a_superuser_and_an_owner_are_told_not_to_log_in_for_a_service(
    launch_migrated: LaunchMigrated, patient: Patient
) -> None:
    superuser = known(patient("", user=None))
    owner = known(examine(launch_migrated(18, "deployer").dsn(TEMPLATE, "deployer")))

    assert [each.code for each in superuser + owner] == [
        "login-superuser",
        "login-createrole",
        "login-owner",
        "login-inherits",
        "login-not-member",
    ]
    assert str(superuser[0]) == rendered("login-superuser")


def test_a_superuser_is_told_to_make_a_role_where_none_is_fit(patient: Patient) -> None:
    findings = known(patient("ALTER ROLE app CREATEROLE", "ALTER ROLE app NOCREATEROLE", user=None))
    found = {each.code: each.advice for each in findings}

    assert found["login-superuser"].endswith(
        "CREATE ROLE app LOGIN NOINHERIT; GRANT tenantstore_tenant, tenantstore_operator TO app;"
    )


# A ticket is its customer's own, and nobody may delete one.
TICKETS = Table(rules=(Named("customer_id", gives=(OWNER,)),), reads=EVERY, inserts=("customer_id", "title"))
MODEL = replace(OWNERSHIP, tables={**OWNERSHIP.tables, "tickets": TICKETS})
MADE = """
CREATE TABLE tickets (id uuid PRIMARY KEY, customer_id uuid, title text, is_open boolean);
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT (customer_id, title) ON tickets TO tenantstore_tenant;
CREATE POLICY theirs ON tickets FOR SELECT TO tenantstore_tenant USING (customer_id = tenantstore_customer_id());
"""


def test_a_services_table_is_held_against_the_services_model(patient: Patient) -> None:
    healthy = known(patient(MADE, model=MODEL))
    sick = patient(
        "CREATE POLICY opened ON tickets FOR SELECT TO tenantstore_tenant USING (is_open);"
        "GRANT DELETE ON tickets TO tenantstore_tenant",
        model=MODEL,
    )

    assert healthy == []
    assert [str(each) for each in known(sick)] == [
        "policy opened on tickets: policy-wide: is too wide for SELECT: tickets is not bound to :customer_id\n"
        "    Bind it by customer_id = :customer_id.",
        "tickets: grant-wide: tenantstore_tenant may DELETE\n    REVOKE DELETE ON tickets FROM tenantstore_tenant;",
    ]


def test_a_policy_that_is_called_as_the_finding_is_worded_is_found(patient: Patient) -> None:
    opened = 'CREATE POLICY "x is too wide for y" ON tickets FOR SELECT TO tenantstore_tenant USING (is_open)'

    assert [each.object for each in known(patient(f"{MADE} {opened}", model=MODEL))] == [
        "policy x is too wide for y on tickets"
    ]


def test_the_command_says_how_closely_it_looked_at_a_services_tables(
    ward: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.tenantstore.check]\nmodules = ["desk"]\nmodel = "tests.checking.test_doctor:MODEL"\n'
    )
    ward.create_database("beside", TEMPLATE)
    with psycopg.connect(ward.dsn("beside")) as admin:
        admin.execute(f"{MADE} CREATE TABLE settings (name text)")
    monkeypatch.chdir(tmp_path)
    code = main(["doctor", "--dsn", ward.dsn("beside", "app")])
    told = capsys.readouterr().err
    (tmp_path / "pyproject.toml").unlink()
    main(["doctor", "--dsn", ward.dsn("beside", "app")])
    without = capsys.readouterr().err
    ward.drop_database("beside")

    assert (code, [line.partition(",")[0] for line in told.splitlines()]) == (
        0,
        [
            "tickets: held against the model of this project",
            "settings: not looked at: by columns and foreign keys they hold nothing of a customer's",
        ],
    )
    assert without.startswith("tickets: whose the rows are, no model says")
    assert "That the others keep to a customer's own rows is not proven" in without


@pytest.mark.parametrize("section", ["check = 5", "check = []"])
def test_a_project_that_cannot_be_read_is_a_note(
    ward: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, section: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.tenantstore]\n{section}\n")
    monkeypatch.chdir(tmp_path)
    code = main(["doctor", "--dsn", ward.dsn(TEMPLATE, "app")])

    assert (code, capsys.readouterr().err.splitlines()) == (
        0,
        [
            "note: without the project's model, which cannot be read:"
            f" {tmp_path / 'pyproject.toml'}: [tool.tenantstore.check] is no table"
        ],
    )


def test_a_role_that_is_not_there_is_the_first_finding(patient: Patient) -> None:
    findings = patient(
        "ALTER ROLE tenantstore_tenant RENAME TO somebody", "ALTER ROLE somebody RENAME TO tenantstore_tenant"
    )

    assert str(known(findings)[0]) == rendered("role-missing")


def test_a_schema_of_its_own_is_as_healthy(ward: Server) -> None:
    ward.create_database("elsewhere")
    with psycopg.connect(ward.dsn("elsewhere")) as admin:
        admin.execute('CREATE SCHEMA "The Fleet"; GRANT USAGE ON SCHEMA "The Fleet" TO app')
        admin.execute("""ALTER DATABASE elsewhere SET search_path = 'The Fleet'""")
    migrate.up(ward.dsn("elsewhere"))
    found = known(examine(ward.dsn("elsewhere", "app")))
    ward.drop_database("elsewhere")

    assert found == []


def test_a_database_that_is_not_migrated_is_told_to_be(ward: Server) -> None:
    assert [str(each) for each in examine(ward.dsn("postgres", "app"))] == [rendered("not-migrated")]


@pytest.mark.parametrize(
    ("sabotage", "text"),
    [
        (
            "ALTER TABLE devices NO FORCE ROW LEVEL SECURITY",
            "devices: rls-not-forced: does not hold postgres, its owner, to its policies\n"
            "    ALTER TABLE devices FORCE ROW LEVEL SECURITY;",
        ),
        (
            "CREATE TABLE invoices (customer_id uuid)",
            "invoices: rls-off: has no row-level security and no policy: whoever may read it reads every row\n"
            "    ALTER TABLE invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n    Then a policy for each"
            " command that a role is granted, or that role has none of the rows: CREATE POLICY … ON invoices FOR SELECT"
            " TO tenantstore_tenant USING (customer_id = tenantstore_customer_id()); CREATE POLICY … ON invoices TO"
            " tenantstore_operator USING (true);",
        ),
        (
            "GRANT SELECT (auth_token, viewers), INSERT ON devices TO tenantstore_tenant",
            "devices: grant-wide: tenantstore_tenant may INSERT, SELECT (auth_token, viewers)\n"
            "    REVOKE INSERT, SELECT (auth_token, viewers) ON devices FROM tenantstore_tenant;",
        ),
        (
            "DROP POLICY rotation_links_tenant_delete ON rotation_links",
            "rotation_links: policy-missing: has no policy rotation_links_tenant_delete: DELETE by tenantstore_tenant"
            " is refused or left to others\n"
            "    CREATE POLICY rotation_links_tenant_delete ON rotation_links FOR DELETE TO tenantstore_tenant USING"
            " ((EXISTS (SELECT FROM devices d WHERE d.id = rotation_links.device_id AND"
            " d.customer_id = tenantstore_customer_id())));",
        ),
        (
            "ALTER POLICY customers_tenant_select ON customers USING (id = tenantstore_customer_id() OR active)",
            "policy customers_tenant_select on customers: policy-differs: says USING (id = tenantstore_customer_id() OR"
            " active), the model says (id = tenantstore_customer_id())\n"
            "    DROP POLICY customers_tenant_select ON customers; CREATE POLICY customers_tenant_select ON customers"
            " FOR SELECT TO tenantstore_tenant USING (id = tenantstore_customer_id());",
        ),
        (
            'CREATE VIEW "All Phones" AS SELECT d.id FROM devices AS d',
            '"All Phones": view-definer: reads as postgres, not as who asks\n'
            '    ALTER VIEW "All Phones" SET (security_invoker = true);',
        ),
        (
            "ALTER TABLE rotation_links DISABLE TRIGGER rotation_links_tenant_guard",
            "trigger rotation_links_tenant_guard on rotation_links: trigger-disabled: does not fire\n"
            "    ALTER TABLE rotation_links ENABLE TRIGGER rotation_links_tenant_guard;",
        ),
    ],
)
def test_a_finding_says_what_is_wrong_and_what_to_do(patient: Patient, sabotage: str, text: str) -> None:
    assert [str(each) for each in known(patient(sabotage))] == [text]


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        (180006, []),
        (180007, []),
        (190000, []),
        (180005, ["version-outdated"]),
        (140030, ["version-unsupported"]),
    ],
)
def test_a_server_without_the_newest_fixes_is_told_of(version: int, codes: list[str]) -> None:
    assert [str(each) for each in judge_version(version)] == [rendered(code) for code in codes]


def test_the_model_knows_every_table_that_anybody_is_granted(ward: Server) -> None:
    with psycopg.connect(ward.dsn(TEMPLATE)) as admin:
        rows = admin.execute(
            """
            SELECT DISTINCT p.table_name::text
            FROM information_schema.column_privileges AS p
            WHERE p.grantee IN ('tenantstore_operator', 'tenantstore_tenant')
            """
        ).fetchall()

    assert {name for (name,) in rows} == TABLES.keys() | VIEWS.keys()


def test_the_model_knows_every_function(ward: Server) -> None:
    with psycopg.connect(ward.dsn(TEMPLATE)) as admin:
        rows = admin.execute(
            "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace"
        ).fetchall()

    assert {name for (name,) in rows} == FUNCTIONS.keys()


def test_what_is_owned_by_nobody_but_the_operator_has_nothing_for_a_tenant() -> None:
    closed = {name for name, table in TABLES.items() if not table.owned.rules and not table.owned.public}

    assert closed == {name for name, table in TABLES.items() if not table.tenant and not table.policies}
