"""How a run behaves, and what it tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass

from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.planning import Step


@dataclass(frozen=True, slots=True)
class Begun:
    """A file is about to be sent: ``number`` of ``total``."""

    step: Step
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """A file and its history row are committed."""

    step: Step
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person who watches wants to know: whom the run waits for, that it tries again, a server's notice."""

    text: str


Event = Begun | Done | Note


def _ignore(_event: Event) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run behaves.

    ``table`` is the history, by default ``tenantstore_migrations`` for the library's own folder and
    ``migration_history`` for any other. ``wait_seconds`` is how long to wait for the database, for another run, and for
    tables that others hold; ``lock_timeout_seconds`` how long each try may keep others waiting behind it.
    """

    table: str | None = None
    wait_seconds: float = 30
    lock_timeout_seconds: float = 2
    allow_out_of_order: bool = False
    report: Callable[[Event], None] = _ignore

    def __post_init__(self) -> None:
        # The server takes 0 for "no limit", and then every reader queues behind the migration.
        if self.lock_timeout_seconds < 0.001:
            raise Misconfigured("the lock timeout must be 1 ms or more")
