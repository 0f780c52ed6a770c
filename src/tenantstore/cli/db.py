"""``tenantstore db``: a PostgreSQL for development that stays; stdout is the line to export, stderr the log."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantstore.cli.output import INTERRUPTED, OWNER_DSN, UNREACHABLE, Help, Parser, dumped, failed, failure, log
from tenantstore.errors import TenantstoreError
from tenantstore.migrate.errors import Drift, MigrationError
from tenantstore.migrate.shown import one_line

if TYPE_CHECKING:
    from tenantstore.testing.development import Development
    from tenantstore.testing.server import Server

_EPILOG = """
examples:
  eval "$(tenantstore db up)"           start, migrate, and have $TENANTSTORE_DSN
  tenantstore migrate up --dsn "$TENANTSTORE_OWNER_DSN"
  tenantstore db psql -c '\\dt'          look around as the superuser
  tenantstore db down                   stop; up goes on with the same data

exit codes:
  0   done, or nothing to do
  1   the server does not start or end, or a migration failed
  2   usage: a folder that is no place for a server, no psql
  4   folder and database of migrations disagree
  5   the server is down (status, psql)
  130 interrupted

The server is one of the extra `embedded`, or PostgreSQL 15 to 18 from this machine. Each project has its own: of the
nearest pyproject.toml with a table [tool.tenantstore.check], in $XDG_STATE_HOME/tenantstore/NAME-KEY, else in
~/.local/state/tenantstore/NAME-KEY; of root, whose server runs as nobody, in /var/lib/tenantstore/NAME-KEY. NAME is the
project's folder, KEY of its path. Outside of projects it is tenantstore/db there. --dir names another folder; the other
commands then take the same. To begin anew: down, then remove the folder that status names. The service logs in as the
role app, by TENANTSTORE_DSN; TENANTSTORE_OWNER_DSN is the superuser's, who owns the tables. Where a migration fails the
server stays up, to be looked at, and only the second of them is set.
"""


def main(argv: Sequence[str]) -> int:
    """Parse and carry out; the exit code."""
    parser = make_parser()
    asked, more = parser.parse_known_args(argv)
    if more and asked.run is not _psql:
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    asked.for_psql = more[1:] if more[:1] == ["--"] else more
    # Not before: --help must not wait for psycopg.
    import psycopg

    from tenantstore.testing.development import Development, default_folder

    try:
        with _failing(asked):
            run: Callable[[argparse.Namespace, Development], int] = asked.run
            return run(asked, Development(asked.dir or default_folder(Path.cwd())))
    except (TenantstoreError, psycopg.Error) as error:
        return failed(error, asked.json)
    except KeyboardInterrupt:
        log("interrupted: run the same command again")
        return INTERRUPTED


@contextmanager
def _failing(asked: argparse.Namespace) -> Iterator[None]:
    """Have what a shell evaluates fail where ``up`` does: in ``eval "$(tenantstore db up)"`` its exit code is lost."""
    try:
        yield
    except BaseException:
        if asked.run is _up and not asked.json:
            print("false")
        raise


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore db",
        description="A PostgreSQL for development: it goes on when the command is over, and keeps its data.",
        formatter_class=Help,
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(
        name: str, text: str, run: "Callable[[argparse.Namespace, Development], int]", has_json: bool = True
    ) -> argparse.ArgumentParser:
        # What is psql's is not taken for the beginning of an option here.
        made = commands.add_parser(name, help=text, description=text, allow_abbrev=has_json)
        made.add_argument(
            "--dir",
            type=Path,
            metavar="FOLDER",
            help="where the server has its data (default: the project's, see below)",
        )
        made.set_defaults(run=run, json=False)
        if has_json:
            made.add_argument("--json", action="store_true", help="the result as JSON")
        return made

    up = add("up", "start it, migrate it, and print the line to export; again: migrate what is new", _up)
    up.add_argument("--port", type=_port, help="listen on 127.0.0.1 too, with a password (default: its socket alone)")
    up.add_argument(
        "--migrations",
        action="append",
        metavar="FOLDER",
        help="what to migrate by, once for each folder, in order; `tenantstore` for ours (default: what"
        " [tool.tenantstore.check] in the nearest pyproject.toml says, else ours)",
    )
    add("down", "stop it; its data stays", _down)
    add("status", "say whether it is up, and where; exit 5 when it is down", _status)
    add("psql", "run psql as the superuser; all other options and arguments are psql's", _psql, has_json=False)
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text[:6]) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1024 to 65535")
    return int(text)


def _up(asked: argparse.Namespace, development: "Development") -> int:
    from tenantstore.cli.migrate_progress import Log

    migrations = asked.migrations or _migrations()
    was_up, is_new = development.pid is not None, development.kept is None
    server = development.up(asked.port)
    log(f"PostgreSQL {server.version} ({server.provider}) {'was' if was_up else 'is'} up, its data in {server.data}")
    if is_new:
        _note_another(asked, development, "a new server, of this project.")
    try:
        with closing(Log(quiet=True)) as progress:
            prepared = development.prepare(server, migrations, progress)
    except MigrationError as error:
        return _not_migrated(error, asked, _told(development, server))
    count = len(prepared.done)
    log(f"{count} migration{'s' * (count != 1)} applied" if count else "nothing to migrate")
    dsn, told = prepared.dsn, _told(development, server)
    if asked.json:
        print(dumped({"dsn": dsn, **told}))
    else:
        print(f"export TENANTSTORE_DSN={shlex.quote(dsn)} {_owner(told)}")
    return 0


def _note_another(
    asked: argparse.Namespace, development: "Development", this: str = "this project has no server yet."
) -> None:
    """Where the data is of who has worked in this project before it had a table, or a server of its own."""
    from tenantstore.testing.development import Development, state_folder

    common = Development(state_folder() / "db")
    if asked.dir is None and common.folder != development.folder and common.kept is not None:
        log(f"note: {this} The one outside of projects: --dir {shlex.quote(str(common.folder))}")


def _owner(told: dict[str, Any]) -> str:
    return f"{OWNER_DSN}={shlex.quote(told['owner_dsn'])}"


def _not_migrated(error: MigrationError, asked: argparse.Namespace, told: dict[str, Any]) -> int:
    """Tell why, and how to look at the server as it is. What a shell evaluates fails."""
    if isinstance(error, Drift) and error.elsewhere:
        # `migrate` names a history by an option that is not one of this command.
        error.elsewhere = "If the history is another project's, `--dir FOLDER` names another server."
    log(f"error: {error}")
    folder = f" --dir {shlex.quote(str(asked.dir))}" if asked.dir else ""
    log(
        "The server is up, its database not migrated, so TENANTSTORE_DSN is left as it is."
        f" `tenantstore db psql{folder}` looks around in it, and ${OWNER_DSN} leads to it."
    )
    if asked.json:
        print(dumped({"error": failure(error, error.exit_code, str(error)), **told}))
    else:
        print(f"export {_owner(told)}; false")
    return error.exit_code


def _migrations() -> list[str]:
    from tenantstore.migrate.project import migrations

    return migrations(Path.cwd())


def _told(development: "Development", server: "Server | None") -> dict[str, Any]:
    from tenantstore.testing.development import DATABASE

    kept = development.kept
    return {
        "up": server is not None,
        "folder": str(development.folder),
        "version": kept and kept.version,
        "pid": server and server.pid,
        "port": kept and kept.port,
        "owner_dsn": server and server.dsn(DATABASE),
    }


def _down(asked: argparse.Namespace, development: "Development") -> int:
    stopped = development.down()
    if asked.json:
        print(dumped({"stopped": stopped, "folder": str(development.folder)}))
    else:
        what = "the server is down" if stopped else "no server was up"
        has_data = development.data.exists()
        log(f"{what}; the data stays in {development.folder}" if has_data else f"{what} in {development.folder}")
    if development.kept is None:
        _note_another(asked, development)
    return 0


def _status(asked: argparse.Namespace, development: "Development") -> int:
    server = development.server()
    told = _told(development, server)
    if asked.json:
        print(dumped(told))
    elif server is None:
        never = "" if development.data.exists() else "there was never a server in "
        print(one_line(f"down: {never}{development.folder}"))
    else:
        print(one_line(f"up: PostgreSQL {server.version}, process {server.pid}, {development.folder}"))
        print(one_line(f"the superuser: {told['owner_dsn']}"))
    if development.kept is None:
        _note_another(asked, development)
    return UNREACHABLE if server is None else 0


def _psql(asked: argparse.Namespace, development: "Development") -> int:
    from tenantstore.migrate.errors import Misconfigured, Unreachable
    from tenantstore.testing.development import DATABASE

    server, kept = development.server(), development.kept
    if kept is None:
        _note_another(asked, development)
    if server is None or kept is None:
        advice = "`tenantstore db up` starts one. Of one that was started with --dir, say --dir as you did."
        raise Unreachable(f"no server is up in {development.folder}", advice)
    beside = Path(kept.programs, "psql")
    psql = str(beside) if os.access(beside, os.X_OK) else shutil.which("psql")
    if psql is None:
        advice = f"apt-get install postgresql-client, or another client for {server.dsn(DATABASE)}"
        raise Misconfigured("there is no psql on this machine", advice)
    sys.stdout.flush()
    # In the place of this process, so that the terminal, Ctrl-C and the exit code are psql's.
    os.execv(psql, [psql, "--dbname", server.dsn(DATABASE), *asked.for_psql])  # noqa: S606
