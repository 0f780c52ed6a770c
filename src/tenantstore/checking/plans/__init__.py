"""How the server would run each query, and whether it still does what it did when somebody last looked.

>>> from tenantstore.checking import plans
>>> told = plans.examine("postgresql://…", sources, workload, Path("plans"))        # doctest: +SKIP

On rows that are skewed as a service's are, and as the role that runs it, each query is planned for any values and for
the values of a huge and of a tiny customer. No plan of a customer's query may read a whole table, and the shapes of all
plans are committed: a migration that drops an index shows as a finding with both plans.

What a function does inside, and what foreign keys look up, is in no plan and so not seen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans import baseline, rules
from tenantstore.checking.plans.planner import NotPlanned, Planner, fill, usual_settings
from tenantstore.checking.plans.workload import UnusableWorkload, Workload
from tenantstore.migrate.connect import connect
from tenantstore.queries import Source

__all__ = ["Told", "UnusableWorkload", "Workload", "examine"]


@dataclass(frozen=True, slots=True)
class Told:
    """``complaints`` by the name of a query, or of a baseline that is of none; ``written`` are the files updated.

    ``compared`` is False where there are no baselines for this server's version, and the rules alone were applied.
    """

    complaints: dict[str, list[Complaint]]
    written: list[Path]
    compared: bool


def examine(
    dsn: str, sources: Iterable[Source], workload: Workload, baselines: Path | None = None, *, update: bool = False
) -> Told:
    """Fill a migrated scratch database, plan every query there, and compare with the baselines, or write them.

    :raises UnusableWorkload: when the rows cannot be made, a parameter has no value among them, or baselines of another
        version than the server's are to be written.
    """
    with connect(dsn) as connection:
        version = connection.info.server_version // 10000
        compared = baselines is not None and version == workload.version
        if update and not compared:
            raise UnusableWorkload(f"baselines are of PostgreSQL {workload.version}, and this server is {version}")
        fill(connection, workload)
        with usual_settings(connection):
            complaints, texts = _planned(Planner(connection, workload), sources, version)
    refused = complaints.keys() - texts.keys()
    written: list[Path] = []
    if baselines is not None and update:
        written = baseline.update(baselines, texts, refused)
    elif baselines is not None and compared:
        for name, more in baseline.compare(baselines, texts, refused).items():
            complaints.setdefault(name, []).extend(more)
    return Told({name: told for name, told in complaints.items() if told}, written, compared)


def _planned(
    planner: Planner, sources: Iterable[Source], version: int
) -> tuple[dict[str, list[Complaint]], dict[str, str]]:
    """By query, what the rules say of its plans, and the plans as text."""
    complaints: dict[str, list[Complaint]] = {}
    texts: dict[str, str] = {}
    for source in sources:
        try:
            found = planner.plans(source)
        except NotPlanned as error:
            advice = "It is planned as the role that runs it: does that have the grants?"
            complaints[source.name] = [Complaint("plan-refused", str(error), advice)]
        else:
            complaints[source.name] = rules.judge(source, found, planner.stored)
            texts[source.name] = baseline.text_of(found, version)
    return complaints, texts
