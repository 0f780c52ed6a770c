"""Somebody who follows a page from top to bottom, in a folder and a shell of their own.

===========  =============================================================================================
a file       is written
``console``  each ``$ line``, with the ``> lines`` that continue it, goes to the shell; what it prints is compared.
             An exit code other than 0 is shown by the next line: ``$ echo $?``
``python``   is run as a script. What it prints is compared with the comments behind ``print(…)``, or with the
             ``text`` block that follows
``sql``      is run as the superuser of the server that the page has started
``text``     is what the block before it has printed
===========  =============================================================================================

A page that begins where the tutorial ends has the files of the tutorial. What else begins with ``db up`` finds the
customers of the tutorial there, as a reader does who comes from it.

In what is compared ``…`` stands for anything in its line, and a line of ``...`` for any lines, or none.
"""

import os
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from tests.docs.page import Block, blocks

_SECONDS = 120.0
_SHOWN = re.compile(r"^\s*print\(.*\)  # (.*)$", re.MULTILINE)
# Not psql, which is not on every machine.
_SQL = """
import os, sys
from pathlib import Path
import psycopg
with psycopg.connect(os.environ["TENANTSTORE_OWNER_DSN"], autocommit=True) as connection:
    connection.execute(Path(sys.argv[1]).read_text())
"""


# A page that says so needs the files that the tutorial has made by its end.
GOES_ON = "Begins where the [tutorial](../tutorial.md) ends"
TUTORIAL = Path(__file__).parents[2] / "docs/tutorial.md"


# Run beside the shell until its input ends, as it does also when whoever reads the page is killed.
_ENDING = """
cat
kill -s KILL -- "-$1"
for server in "$2"/tenantstore/*/server.json; do
    test ! -e "$server" || tenantstore db down --dir "${server%/*}" || exit
done
rm -rf -- "$2"
"""


#: Where PgBouncer may be.
POOLERS = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"


class Broken(AssertionError):
    """A block that does not do what its page says."""

    def __init__(self, place: str, problem: str, printed: str = "") -> None:
        super().__init__("\n".join(filter(None, (f"{place}: {problem}", printed))))


class Ran(NamedTuple):
    printed: str
    code: int


class Shell:
    """One ``sh`` that lives as long as a page: a variable that is exported stays."""

    def __init__(self, folder: Path) -> None:
        mine = ("PG", "PYTEST", "TENANTSTORE", "XDG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        home, work = folder / "home", folder / "work"
        home.mkdir()
        work.mkdir()
        if os.geteuid() == 0 and (pgbouncer := shutil.which("pgbouncer", path=POOLERS)):
            # It does not run as root, and a reader is nobody's root.
            (folder / "pgbouncer").write_text(f'#!/bin/sh\nexec {pgbouncer} -u nobody "$@"\n')
            (folder / "pgbouncer").chmod(0o755)
        self.folder: Path = work
        self._environment = {
            **kept,
            "PATH": f"{folder}:{Path(sys.executable).parent}:{POOLERS}",
            "HOME": str(home),
            "XDG_STATE_HOME": str(folder),
            # As a terminal would have it: what is printed comes in the order in which it was.
            "PYTHONUNBUFFERED": "1",
            "TERM": "dumb",
            # A reader has pytest and our plugin, and none of those that our own tests need.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "-p tenantstore.testing.plugin -p no:cacheprovider",
        }
        self._process = subprocess.Popen(
            ["sh"],
            cwd=work,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._ending = subprocess.Popen(
            ["sh", "-c", _ENDING, "sh", str(self._process.pid), str(folder)],
            cwd="/",
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._code = 0

    def run(self, command: str) -> Ran:
        """What it prints, stdout and stderr together, and its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        end = secrets.token_hex(8)
        self._process.stdin.write(f"(exit {self._code})\n{{ {command}\n}} </dev/null\necho {end} $?\n")
        self._process.stdin.flush()
        guard = Timer(_SECONDS, os.killpg, (self._process.pid, signal.SIGKILL))
        guard.start()
        try:
            printed = ""
            for line in self._process.stdout:
                before, found, code = line.partition(end)
                printed += before
                if found:
                    self._code = int(code)
                    return Ran(printed, self._code)
        finally:
            guard.cancel()
        raise Broken(command, "the shell has ended, or this took too long", printed)

    def close(self) -> None:
        """End it, what it left running, and the servers that the page has started; its folder goes with them."""
        # Still there in name until the other has ended, since nobody has waited for it.
        self._ending.communicate()
        self._process.communicate()
        assert self._ending.returncode == 0
        # A failed test's database is kept on a server that would stay for ten minutes.
        for project in Path(tempfile.gettempdir()).glob("tenantstore-session-*/project"):
            with suppress(OSError):
                if Path(project.read_text()).is_relative_to(self.folder.resolve()):
                    project.with_name("stay").unlink()


def goes_on_with_a_database(page: str, text: str) -> bool:
    """Whether it may find there what the tutorial, and other such pages, have left."""
    return page.startswith(("README", "docs/how-to/", "docs/explanation/")) and "$(tenantstore db up)" in text


def follow(page: str, text: str, shell: Shell) -> None:
    """Read a page from top to bottom.

    :raises Broken: where it does something else than it says.
    """
    reader = Reader(shell)
    if GOES_ON in text:
        reader.take(TUTORIAL)
    if goes_on_with_a_database(page, text):
        reader.meet(TUTORIAL)
    for block in blocks(page, text):
        reader.read(block)


class Reader:
    """Does what the blocks of a page say, one after the other."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        # What the last script printed, while nothing has been held against it.
        self._printed: str | None = None

    def read(self, block: Block) -> None:
        """:raises Broken: where it does something else."""
        printed, self._printed = self._printed, None
        if block.not_run is not None:
            return
        if block.name is not None:
            self._write(block, block.name)
        elif block.language == "console":
            self._converse(block)
        elif block.language == "python":
            self._script(block)
        elif block.language == "sql":
            self._done(block, self._shell.run(f"python -c {shlex.quote(_SQL)} {self._kept(block)}"))
        elif block.language == "text" and printed is not None:
            compare(block.place, block.text, printed)
        else:
            raise Broken(
                block.place, f"a block of {block.language or 'no language'} that is no file and prints nothing"
            )

    def take(self, page: Path) -> None:
        """Have the files of another page, as they are at its end."""
        for block in blocks(page.name, page.read_text(encoding="utf-8")):
            if block.name is not None:
                self._write(block, block.name)

    def meet(self, page: Path) -> None:
        """Have the customers whom another page's first program has made."""
        (first,) = (block for block in blocks(page.name, page.read_text(encoding="utf-8")) if block.name == "first.py")
        # In a shell of its own, which leaves the page's without a DSN.
        self._done(first, self._shell.run(f'( eval "$(tenantstore db up)" && python {self._kept(first)} )'))

    def _write(self, block: Block, name: str) -> None:
        path = self._shell.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() != block.added and block.added:
            raise Broken(block.place, f"there is no {name} to add to")
        with path.open("a" if block.added else "w", encoding="utf-8") as file:
            file.write(block.text)

    def _kept(self, block: Block) -> str:
        """The block as a file beside the page's own."""
        path = self._shell.folder.parent / f"block.{block.language}"
        path.write_text(block.text, encoding="utf-8")
        return shlex.quote(str(path))

    def _script(self, block: Block) -> None:
        ran = self._done(block, self._shell.run(f"PYTHONPATH=. python {self._kept(block)}"))
        if shown := _SHOWN.findall(block.text):
            compare(block.place, "\n".join(shown), ran.printed)
        else:
            self._printed = ran.printed

    def _done(self, block: Block, ran: Ran) -> Ran:
        if ran.code:
            raise Broken(block.place, f"exit code {ran.code}", ran.printed)
        return ran

    def _converse(self, block: Block) -> None:
        asked = spoken(block)
        codes = [command == "echo $?" for command, _ in asked[1:]] + [False]
        for (command, expected), code_is_shown in zip(asked, codes, strict=True):
            ran = self._shell.run(command)
            place = f"{block.place}: $ {command}"
            if ran.code and not code_is_shown:
                raise Broken(place, f"exit code {ran.code}, which is not shown", ran.printed)
            compare(place, expected, ran.printed)


def spoken(block: Block) -> list[tuple[str, str]]:
    """The commands of a ``console`` block, each with what it is said to print."""
    asked: list[tuple[str, str]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            asked.append((line[2:], ""))
        elif not asked:
            raise Broken(block.place, "it begins with no `$ command`")
        elif line.startswith("> ") and not asked[-1][1]:
            asked[-1] = (f"{asked[-1][0]}\n{line[2:]}", "")
        else:
            asked[-1] = (asked[-1][0], f"{asked[-1][1]}{line}\n")
    return asked


def compare(place: str, expected: str, printed: str) -> None:
    """:raises Broken: when it is not what was expected."""
    lines = [re.escape(line.rstrip()).replace("…", ".*") + r"\n" for line in expected.strip("\n").splitlines()]
    pattern = "".join(r"(?:.*\n)*?" if line == r"\.\.\.\n" else line for line in lines)
    said = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
    if re.fullmatch(pattern, said) is None:
        raise Broken(place, "it prints something else", f"--- expected\n{expected}\n--- printed\n{said}")
