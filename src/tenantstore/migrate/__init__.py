"""Numbered migrations that deploy scripts can trust: a folder of pairs of SQL files, a history, and little else.

>>> from tenantstore import migrate
>>> for done in migrate.up("postgresql://…", Path("migrations")):        # doctest: +SKIP
...     print(done.step, done.duration_ms)

``up``, ``down``, ``redo``, ``stamp`` and ``repair`` change a database, ``plan`` and ``status`` look at one, ``check``
and ``new`` need none; :mod:`tenantstore.migrate.verify` and :mod:`tenantstore.migrate.lint` try a folder on a scratch
database. Errors are in :mod:`tenantstore.migrate.errors`, the rules for files in :mod:`tenantstore.migrate.files` and
:mod:`tenantstore.migrate.script`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantstore.migrate.files import Migration, check, new
    from tenantstore.migrate.planning import State, Step
    from tenantstore.migrate.run import down, plan, redo, repair, stamp, status, up
    from tenantstore.migrate.session import Begun, Done, Note, Options

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
_HOMES = {
    "files": ("Migration", "check", "new"),
    "planning": ("State", "Step"),
    "run": ("down", "plan", "redo", "repair", "stamp", "status", "up"),
    "session": ("Begun", "Done", "Note", "Options"),
}


def __getattr__(name: str) -> Any:
    # Imported on first use: a check of the folder must not pay for psycopg.
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            if home != "files":
                import_module("tenantstore.driver")
            return getattr(import_module(f"tenantstore.migrate.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
