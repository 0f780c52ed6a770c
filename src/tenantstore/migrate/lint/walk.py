"""Going through the files on a scratch database, one statement at a time, as the runner would send them.

A file that is one transaction stays one. Of a file without, each statement that can is a transaction; the few that
cannot (CREATE INDEX CONCURRENTLY and its like) hold their locks only while they run. So that there is something to see,
another transaction holds every table as a writer does: they wait for its end, and meanwhile their locks are there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import NamedTuple

from tenantstore.migrate.connect import Connection, connect
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.files import Migration
from tenantstore.migrate.lint.watch import Effect, Locks, Look, Relations, effect, locks_of, look
from tenantstore.migrate.planning import Step
from tenantstore.migrate.script import Script
from tenantstore.migrate.send import Refusal, failure, send
from tenantstore.migrate.session import unbroken
from tenantstore.migrate.statements import Statement
from tenantstore.migrate.whole import RESET

_OUTCOME = "Nothing after it was looked at. Mend it, and run the same command again."
_COUNTING = "ALTER ROLE … SET track_counts = on; without --scratch-dsn a server of its own is launched."
_POLL_SECONDS = 0.002
# What rules are asked about in the end, so that a finding can name the statement that made it.
_BORN = """
SELECT 'policy', p.oid FROM pg_catalog.pg_policy AS p
UNION ALL
SELECT 'unique index', i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indisunique AND i.indexrelid >= 16384
UNION ALL
SELECT 'customer column', a.attrelid FROM pg_catalog.pg_attribute AS a WHERE a.attname = 'customer_id' AND a.attnum > 0
"""
_TABLES = """
SELECT c.oid::regclass::text
FROM pg_catalog.pg_class AS c
WHERE c.oid = ANY (%s) AND c.relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
"""
_WAITS = "SELECT FROM pg_catalog.pg_locks AS l WHERE l.pid = %s AND NOT l.granted"


@dataclass(frozen=True, slots=True)
class Watched:
    """A statement, where it stands, and what it did."""

    script: Script
    statement: Statement
    effect: Effect


class Birth(NamedTuple):
    """Something that a statement made: a policy or unique index by its own number, a customer column by its table's."""

    what: str
    oid: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Every statement of the folder in order, and which one made what."""

    watched: Sequence[Watched]
    births: Mapping[Birth, Watched]


def walk(dsn: str, migrations: Sequence[Migration]) -> Walk:
    """Run all up files on the database of ``dsn``; what is there already was made by none of them.

    :raises StatementFailed: when the server refuses something in one of them.
    :raises Misconfigured: when the server does not count.
    """
    watched: list[Watched] = []
    births: dict[Birth, Watched] = {}
    with connect(dsn) as connection:
        if connection.execute("SHOW track_counts").fetchone() == ("off",):
            raise Misconfigured("track_counts is off on the scratch server, and no scan could be seen", _COUNTING)
        there = {Birth(*row) for row in connection.execute(_BORN)}
        for migration in migrations:
            with unbroken(connection, str(migration)):
                for seen in _File(dsn, connection, migration).run():
                    watched.append(seen)
                    for birth in {Birth(*row) for row in connection.execute(_BORN)} - there:
                        births.setdefault(birth, seen)
    return Walk(watched, births)


class _File:
    """One up file and the tables that were there before it."""

    def __init__(self, dsn: str, connection: Connection, migration: Migration) -> None:
        self._dsn = dsn
        self._connection = connection
        self._step = Step(migration, "up")
        self._there: Relations = look(connection).relations

    def run(self) -> Iterator[Watched]:
        """Run it; what each statement did, told while the statement's transaction is still open, if it has one."""
        script = self._step.script
        if script.transactional:
            self._connection.execute("BEGIN")
            for number, statement in enumerate(script.statements):
                yield Watched(script, statement, self._one(statement, number))
            self._raise(send(self._connection, "COMMIT"), len(script.statements))
        else:
            for number, statement in enumerate(script.statements):
                yield from self._by_itself(statement, number)
        self._connection.execute(RESET)

    def _one(self, statement: Statement, number: int) -> Effect:
        before = look(self._connection)
        self._raise(send(self._connection, statement.text), number)
        return effect(self._there, before, look(self._connection))

    def _by_itself(self, statement: Statement, number: int) -> Iterator[Watched]:
        script = self._step.script
        self._connection.execute("BEGIN")
        before = look(self._connection)
        refusal = send(self._connection, statement.text)
        if refusal and refusal.needs_no_transaction:
            self._connection.execute("ROLLBACK")
            yield Watched(script, statement, self._alone(statement, number))
            return
        self._raise(refusal, number)
        yield Watched(script, statement, effect(self._there, before, look(self._connection)))
        self._raise(send(self._connection, "COMMIT"), number)

    def _alone(self, statement: Statement, number: int) -> Effect:
        before = look(self._connection)
        with _writing_elsewhere(self._dsn, self._connection, self._there) as seen:
            refusal = send(self._connection, statement.text)
        self._raise(refusal, number)
        after = Look(look(self._connection).relations, {oid: mode for each in seen for oid, mode in each.items()})
        return effect(self._there, before, after, alone=True)

    def _raise(self, refusal: Refusal | None, number: int) -> None:
        """Raise for a statement, or, with the number after the last, for the commit."""
        if refusal is None:
            return
        statements = self._step.script.statements
        if number == len(statements):
            raise failure(self._step, replace(refusal, done=number), _OUTCOME)
        placed = replace(refusal, offset=refusal.offset or 0)
        raise failure(self._step, placed, _OUTCOME, statements[number].offset)


@contextmanager
def _writing_elsewhere(dsn: str, connection: Connection, there: Relations) -> Iterator[list[Locks]]:
    """Hold every table as a writer does until the connection waits for it; the locks it had or wanted by then."""
    seen: list[Locks] = []
    done = Event()
    pid = connection.info.backend_pid
    with connect(dsn) as writer, connect(dsn) as observer:
        writer.execute("BEGIN")
        for (table,) in observer.execute(_TABLES, [list(there)]):
            writer.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())

        def watch() -> None:
            try:
                while not done.wait(_POLL_SECONDS):
                    if observer.execute(_WAITS, [pid]).rowcount:
                        seen.append(locks_of(observer, pid))
                        break
            finally:
                # Whatever became of the look: else the statement would wait for ever.
                writer.execute("ROLLBACK")

        thread = Thread(target=watch, name="observer", daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            done.set()
            thread.join()
