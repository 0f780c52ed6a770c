"""``tenantstore admin``: the people who run the service; stdout is who was made."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from getpass import getpass

from tenantstore.cli.output import DATABASE, INTERRUPTED, Help, dumped, failed, log
from tenantstore.errors import TenantstoreError
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.shown import one_line

_DESCRIPTION = """
Makes a user of the role admin, who may log in with a password that the service compares with its hash.

The hash is read from the first line of stdin, or asked for where a person sits at it; --hash has it in the command
line, where other users of the machine can read it. A password is never asked for: the service knows how it hashes.
"""
_EXAMPLES = """
  tenantstore admin create ada@example.com --name Ada < hash.txt
  python -c 'import argon2, getpass; print(argon2.PasswordHasher().hash(getpass.getpass()))' |
      tenantstore admin create ada@example.com

exit codes:
  0   the user was made
  1   it was not: somebody has this e-mail
  2   usage, a hash that is none, or the server refuses whom the DSN names
  5   the database is not to be reached
  130 interrupted

The database is --dsn, else $TENANTSTORE_DSN, else what libpq's own PG* variables say; it is migrated already.
"""
# bcrypt has 60 characters, what is shorter would be a weak hash, and most likely a password.
_HASH = re.compile(r"[!-~]{32,255}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def main(argv: Sequence[str]) -> int:
    """Parse and make the user; the exit code."""
    parser = make_parser()
    asked, more = parser.parse_known_args(argv)
    if more:
        # Not argparse's own error, which would repeat what may well be a password.
        parser.error("create takes an e-mail and options: what else was given is not repeated here")
    if not (_EMAIL.fullmatch(asked.email) and asked.email.isprintable()):
        parser.error(f"{one_line(asked.email)!r} is no e-mail address")
    # Not before: --help must not wait for psycopg.
    import psycopg

    try:
        return _create(asked, asked.hash if asked.hash is not None else _read_hash())
    except (TenantstoreError, psycopg.Error) as error:
        return failed(error, asked.json)
    except KeyboardInterrupt:
        log("interrupted: nobody was made")
        return INTERRUPTED


class Taken(TenantstoreError):
    """A user has this e-mail."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        return f"there is a user {self.email} already: nothing was changed"


def make_parser() -> argparse.ArgumentParser:
    # Not ours, which repeats an option that is none: it may well be a password.
    parser = argparse.ArgumentParser(
        prog="tenantstore admin", description="The people who run the service.", formatter_class=Help
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    create = commands.add_parser(
        "create",
        help="make a user of the role admin",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"examples:{_EXAMPLES}",
    )
    create.add_argument("email", metavar="EMAIL", help="what they log in with; case counts")
    create.add_argument("--name", help="how they are called (default: the e-mail)")
    create.add_argument("--hash", help="the hash of their password (default: it is read from stdin)")
    create.add_argument("--dsn", default="", help=DATABASE)
    create.add_argument("--json", action="store_true", help="the user as JSON, without the hash")
    return parser


def _read_hash() -> str:
    if sys.stdin.isatty():
        # Unseen, as a password is: nobody should read it over a shoulder.
        return getpass("hash of the password: ").strip()
    return sys.stdin.readline().strip()


def _create(asked: argparse.Namespace, password_hash: str) -> int:
    from psycopg.errors import UniqueViolation

    from tenantstore import Store
    from tenantstore.migrate.connect import connect
    from tenantstore.repositories import users

    if not password_hash:
        advice = "Write it to stdin, a line: `tenantstore admin create --help` has an example."
        raise Misconfigured("no hash of a password was given: stdin is empty", advice)
    if not _HASH.fullmatch(password_hash):
        problem = f"what was given as a hash has {len(password_hash)} characters, or some that no hash has"
        raise Misconfigured(problem, "A hash has 32 to 255, none of them blank: 60 of bcrypt, some 97 of Argon2.")
    dsn = asked.dsn or os.environ.get("TENANTSTORE_DSN", "")
    # It says better than a pool why there is no connection, and hides the password of the DSN.
    connect(dsn).close()
    statement = users.create(asked.email, password_hash, asked.name or asked.email, role="admin")
    with Store.open(dsn, max_size=1) as store:
        try:
            made = store.operator().run(statement)
        except UniqueViolation:
            raise Taken(asked.email) from None
    told = {"id": str(made.id), "email": made.email, "name": made.name, "role": made.role}
    print(dumped({"user": told}) if asked.json else one_line(f"admin {made.email}: {made.id}"))
    return 0
