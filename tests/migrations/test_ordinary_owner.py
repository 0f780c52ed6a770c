"""All of it by an ordinary role: owner of the database, free to make roles, and no superuser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import StatementFailed
from tenantstore.testing import NoProvider, Server, launch
from tests.isolation.world import wrong
from tests.migrations.looking import columns, connect, rows

OLD = Path(__file__).with_name("old.sql").read_bytes()


@pytest.fixture(params=[("embedded", None), ("local", 15)], ids=["18", "15"])
def fresh_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server on which nobody has made our two roles yet."""
    provider, version = request.param
    try:
        server = launch(provider, version=version)
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


def database_of(server: Server, attributes: str) -> str:
    """A database at 011 and its owner, who logs in."""
    server.create_database("fleet")
    with connect(server.dsn()) as admin:
        admin.execute(f"CREATE ROLE deployer LOGIN {attributes}".encode())
        admin.execute("ALTER DATABASE fleet OWNER TO deployer")
    dsn = server.dsn("fleet", "deployer")
    migrate.up(dsn, to=11)
    with connect(dsn) as deployer:
        deployer.execute(OLD)
    return dsn


def test_an_owner_who_may_create_roles_goes_up_and_down_and_up(fresh_server: Server) -> None:
    dsn = database_of(fresh_server, "CREATEROLE")
    with connect(fresh_server.dsn("fleet")) as admin:
        before = (columns(admin), rows(admin))
        migrate.up(dsn)
        migrate.down(dsn, to=11)
        there_again = (columns(admin), rows(admin))
        migrate.up(dsn)
        # Two connections had another customer before 012, and keep it.
        kept = [what for what, _ in wrong(admin)]
        migrate.down(dsn, to=0)
        left = columns(admin)

    assert (there_again, kept, left) == (before, ["connection", "connection"], [])


def test_an_owner_who_may_not_create_roles_is_told_what_an_administrator_has_to_do(fresh_server: Server) -> None:
    dsn = database_of(fresh_server, "NOCREATEROLE")
    with pytest.raises(StatementFailed) as caught:
        migrate.up(dsn)
    told = str(caught.value)
    advice = told.split("As an administrator: ", 1)[1].splitlines()[0]
    with connect(fresh_server.dsn()) as admin:
        for role in ("tenantstore_operator", "tenantstore_tenant"):
            admin.execute(advice.replace("tenantstore_operator", role).encode())

    assert "role tenantstore_operator is missing and deployer may not create it" in told
    assert migrate.up(dsn)[0].step.migration.version == 14
