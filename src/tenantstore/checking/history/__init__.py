"""Both ways in time: old queries on every newer schema, and today's on those they may meet.

While a deploy migrates, code of the last release goes on running; and code of today may run before, or stay after an
undo. So each query is asked for at each migration between a release and today, on a scratch database:

>>> from tenantstore.checking import history
>>> with history.release("v1.2", [Path("sql")], [Path("migrations")], Path()) as old:       # doctest: +SKIP
...     survival = history.survive(old, queries, [Path("migrations")])

A step that is no transaction is looked at when it is done, and not in its middle.
"""

from tenantstore.checking.history.release import Release, release
from tenantstore.checking.history.walk import Early, Survival, survive

__all__ = ["Early", "Release", "Survival", "release", "survive"]
