"""A world of a test's own with scopes of one kind, and what may be written in it: for tests that change things."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from tenantstore import Store
from tenantstore.errors import TenantstoreError
from tenantstore.store import Scope
from tenantstore.store.identity import Operator, Tenant
from tenantstore.testing.isolation.modes import Bypassing
from tests.isolation.functions import NEEDS, call
from tests.isolation.world import ADA, EVE, GRANTEES, PERMISSIONS, Connection, Person, named

GRANTEE = GRANTEES[-1]
"""Has every permission on ADA's device ``shared``."""

IDENTITIES: dict[str, type[Tenant]] = {"both barriers": Tenant, "barrier 1 alone": Bypassing}


def _writes(case: str) -> bool:
    statement = call(case, "shared", ADA)
    statement.hand_over()
    return statement.query.writes


GRANTEES_WRITES = [case for case, needs in NEEDS.items() if needs in PERMISSIONS and _writes(case)]
OWNERS_WRITES = GRANTEES_WRITES + [case for case, needs in NEEDS.items() if needs == "own" and _writes(case)]


@dataclass(frozen=True)
class Room:
    """A world of the test's own, its statements run by one kind of tenant; ``admin`` watches."""

    store: Store
    admin: Connection
    identity: type[Tenant]

    def scope(self, person: Person | None) -> Scope:
        return Scope(self.store._core, Operator() if person is None else self.identity(person.id))

    def written(self) -> Any:
        """All that a write can change and no ending does: of links, which end with an ownership, the new ones."""
        return self.admin.execute(
            """
            SELECT
                (SELECT json_agg((d.id, d.name, d.description, d.auto_rotate_minutes) ORDER BY d.id) FROM devices AS d),
                (
                    SELECT json_agg((c.id, c.active, c.password_hash, c.password_plain) ORDER BY c.id)
                    FROM proxy_connections AS c
                ),
                (SELECT count(*) FROM device_commands),
                (SELECT count(*) FROM rotation_links AS l WHERE l.name <> ''),
                (SELECT count(*) FROM pairing_codes),
                (SELECT count(*) FROM device_shares AS s WHERE s.device_id = %s AND s.shared_with = %s)
            """,
            [named("shared"), EVE.id],
        ).fetchone()


def outcome(run: Callable[[], Any]) -> str:
    """``done``, or the error: for one of the server's, its SQLSTATE."""
    try:
        run()
    except TenantstoreError as error:
        return type(error).__name__
    except psycopg.Error as error:
        return str(error.sqlstate)
    return "done"
