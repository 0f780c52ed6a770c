"""The commands that change a database, and those that look at one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from tenantstore import resources
from tenantstore.migrate.errors import InvalidFolder
from tenantstore.migrate.files import Migration, faults, load
from tenantstore.migrate.lock import begin_locked
from tenantstore.migrate.planning import (
    Direction,
    Progress,
    State,
    Step,
    changed,
    mended,
    plan_down,
    plan_stamp,
    plan_up,
    refuse_renamed,
    states,
    target_down,
    target_up,
)
from tenantstore.migrate.resumable import run_split
from tenantstore.migrate.session import Begun, Done, Options, Planner, Session, session
from tenantstore.migrate.whole import run_whole
from tenantstore.observe import MigrationRan, tell

_DEFAULT = Options()
_OWN_TABLE = "tenantstore_migrations"
_OTHER_TABLE = "migration_history"


def up(
    dsn: str,
    folder: Path | None = None,
    *,
    limit: int | None = None,
    to: int | None = None,
    options: Options = _DEFAULT,
) -> list[Done]:
    """Apply what is not applied yet, at most ``limit`` files or up to version ``to``; what this run has done, in order.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`; files that were done before stay done.
    """
    with _opened(dsn, folder, options) as (migrations, run):
        if limit is not None:
            to = target_up(migrations, run.history.read(run.connection), limit)
        return _run(run, lambda history: plan_up(migrations, history, to, options.allow_out_of_order))


def down(
    dsn: str,
    folder: Path | None = None,
    *,
    limit: int = 1,
    to: int | None = None,
    options: Options = _DEFAULT,
) -> list[Done]:
    """Undo the last ``limit`` files, or all above version ``to`` (0 for all); what this run has done, in order.

    Of fewer files than ``limit`` none is undone; where none is applied there is nothing to do.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`; files that were undone before stay undone.
    """
    with _opened(dsn, folder, options) as (migrations, run):
        target = target_down(run.history.read(run.connection), limit) if to is None else to
        return _run(run, lambda history: plan_down(migrations, history, target))


def redo(dsn: str, folder: Path | None = None, *, options: Options = _DEFAULT) -> list[Done]:
    """Undo the last file and apply it again.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`.
    """
    with _opened(dsn, folder, options) as (migrations, run):
        history = run.history.read(run.connection)
        if not history:
            return []
        target, last = target_down(history, 1), history[-1].version
        # What cannot be applied again is not undone either.
        _refuse_faults([replace(step, direction="up") for step in plan_down(migrations, history, target)])
        undone = _run(run, lambda rows: plan_down(migrations, rows, target))
        return undone + _run(run, lambda rows: plan_up(migrations, rows, last, options.allow_out_of_order))


def plan(
    dsn: str,
    folder: Path | None = None,
    *,
    direction: Direction = "up",
    limit: int | None = None,
    to: int | None = None,
    options: Options = _DEFAULT,
) -> list[Step]:
    """What ``up`` or ``down`` would run now, in order. Nothing is changed and no lock is taken.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`.
    """
    with _opened(dsn, folder, options) as (migrations, run):
        history = run.history.read(run.connection)
        if direction == "down":
            steps = plan_down(migrations, history, target_down(history, limit or 1) if to is None else to)
        else:
            target = target_up(migrations, history, limit) if limit is not None else to
            steps = plan_up(migrations, history, target, options.allow_out_of_order)
        _refuse_faults(steps)
        return steps


def status(
    dsn: str, folder: Path | None = None, *, allow_faults: bool = False, options: Options = _DEFAULT
) -> list[State]:
    """How every version stands, the lowest first. Nothing is changed and no lock is taken.

    Of a folder that is not in order, where ``allow_faults``, how those stand whose files tell.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`.
    """
    with _opened(dsn, folder, replace(options, allow_out_of_order=True), allow_faults) as (migrations, run):
        return states(migrations, run.history.read(run.connection))


def stamp(dsn: str, version: int, folder: Path | None = None, *, options: Options = _DEFAULT) -> list[Migration]:
    """Adopt a database that stands at ``version``: note it and all below as applied, run nothing; what was noted.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`.
    """
    with _locked(dsn, folder, options) as (migrations, run):
        found = plan_stamp(migrations, run.history.read(run.connection), version)
        for migration in found:
            run.history.write(run.connection, migration, None)
        return found


def repair(dsn: str, folder: Path | None = None, *, options: Options = _DEFAULT) -> list[str]:
    """Take the files as they are now into the history; a line for each that differed. A name must be the history's.

    :raises MigrationError: see :mod:`tenantstore.migrate.errors`.
    """
    with _locked(dsn, folder, options) as (migrations, run):
        rows = {row.version: row for row in run.history.read(run.connection)}
        refuse_renamed(migrations, rows)
        there = [(migration, rows[migration.version]) for migration in migrations if migration.version in rows]
        _refuse_faults([Step(m, row.progress.direction, row.progress) for m, row in there if row.progress])
        found: list[str] = []
        for migration, row in there:
            if finding := changed(migration, row):
                run.history.repair(run.connection, migration)
                found.append(finding)
            if progress := mended(migration, row):
                run.history.set_progress(run.connection, migration.version, progress)
                found.append(_resumed(Step(migration, progress.direction, progress), progress))
        return found


def _resumed(step: Step, progress: Progress) -> str:
    """What the next run takes for done; a person must see whether that is so."""
    script, done = step.script, progress.done
    left = script.statements[done:]
    rest = f"goes on in line {script.problem(left[0].offset, '').line}" if left else "runs nothing more of it"
    return f"{script.path}: its first {done} statements count as done, as they are now: `{step.direction}` {rest}"


@contextmanager
def _opened(
    dsn: str, folder: Path | None, options: Options, allow_faults: bool = False
) -> Iterator[tuple[list[Migration], Session]]:
    own = resources.folder("migrations")
    where = own if folder is None else folder
    migrations = load(where, options.allow_out_of_order, allow_faults)
    table = options.table or (_OWN_TABLE if where.resolve() == own.resolve() else _OTHER_TABLE)
    with session(dsn, table, options) as run:
        yield migrations, run


@contextmanager
def _locked(dsn: str, folder: Path | None, options: Options) -> Iterator[tuple[list[Migration], Session]]:
    """A transaction that holds the lock, with the history made."""
    with _opened(dsn, folder, replace(options, allow_out_of_order=True)) as (migrations, run):
        begin_locked(run.connection, run.history, run.wait("run the command again"))
        run.history.create(run.connection)
        yield migrations, run
        run.connection.execute("COMMIT")


def _run(run: Session, planner: Planner) -> list[Done]:
    """Take one step after another until, by a history read under the lock, none is left."""
    steps = planner(run.history.read(run.connection))
    _refuse_faults(steps)
    done: list[Done] = []
    while steps:
        step = steps[0]
        run.options.report(Begun(step, len(done) + 1, len(done) + len(steps)))
        finished = _observed(run, step, planner)
        if finished:
            done.append(finished)
            run.options.report(finished)
        # What comes next is looked at again under the lock.
        steps = steps[1:] if finished and steps[1:] else planner(run.history.read(run.connection))
    return done


def _observed(run: Session, step: Step, planner: Planner) -> Done | None:
    """Run one file, and tell of it where it was this run that did, or that failed."""
    # What was begun in steps is ended in steps, also where the file has become a transaction meanwhile.
    run_file = run_whole if step.script.transactional and step.progress is None else run_split
    observer = run.options.observer
    if observer is None:
        return run_file(run, step, planner)
    begun, version, name = perf_counter(), step.migration.version, step.migration.name
    try:
        finished = run_file(run, step, planner)
    except BaseException as error:
        seconds, state = perf_counter() - begun, getattr(error, "sqlstate", None)
        tell(observer, MigrationRan(version, name, step.direction, seconds, type(error), state))
        raise
    if finished:
        tell(observer, MigrationRan(version, name, step.direction, perf_counter() - begun, None, None))
    return finished


def _refuse_faults(steps: list[Step]) -> None:
    problems = [problem for step in steps for problem in faults(step.migration, is_applied=step.direction == "down")]
    if problems:
        raise InvalidFolder(problems)
