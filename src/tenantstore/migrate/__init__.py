"""Numbered migrations that deploy scripts can trust: a folder of pairs of SQL files, a history, and little else.

>>> from tenantstore import migrate
>>> for done in migrate.up("postgresql://…", Path("migrations")):        # doctest: +SKIP
...     print(done.step, done.duration_ms)

``up``, ``down``, ``redo``, ``stamp`` and ``repair`` change a database, ``plan`` and ``status`` look at one, ``check``
and ``new`` need none. Errors are in :mod:`tenantstore.migrate.errors`, the rules for files in
:mod:`tenantstore.migrate.files` and :mod:`tenantstore.migrate.script`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantstore.migrate.files import Migration as Migration
    from tenantstore.migrate.files import check as check
    from tenantstore.migrate.files import new as new
    from tenantstore.migrate.options import Begun as Begun
    from tenantstore.migrate.options import Done as Done
    from tenantstore.migrate.options import Note as Note
    from tenantstore.migrate.options import Options as Options
    from tenantstore.migrate.planning import State as State
    from tenantstore.migrate.planning import Step as Step
    from tenantstore.migrate.run import down as down
    from tenantstore.migrate.run import plan as plan
    from tenantstore.migrate.run import redo as redo
    from tenantstore.migrate.run import repair as repair
    from tenantstore.migrate.run import stamp as stamp
    from tenantstore.migrate.run import status as status
    from tenantstore.migrate.run import up as up

_HOMES = {
    "Begun": "options",
    "Done": "options",
    "Migration": "files",
    "Note": "options",
    "Options": "options",
    "State": "planning",
    "Step": "planning",
    "check": "files",
    "down": "run",
    "new": "files",
    "plan": "run",
    "redo": "run",
    "repair": "run",
    "stamp": "run",
    "status": "run",
    "up": "run",
}
__all__ = [
    "Begun",
    "Done",
    "Migration",
    "Note",
    "Options",
    "State",
    "Step",
    "check",
    "down",
    "new",
    "plan",
    "redo",
    "repair",
    "stamp",
    "status",
    "up",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: a check of the folder must not pay for psycopg.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"tenantstore.migrate.{_HOMES[name]}"), name)
