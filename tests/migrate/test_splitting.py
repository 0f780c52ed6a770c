"""The splitter against psql itself: it sends a folder's texts to a server that only listens, and ours must agree."""

import shutil
import socket
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tenantstore.migrate.statements import split
from tenantstore.queries.scanner import Kind, Unterminated, tokens

Psql = Callable[[str], list[str]]

CASES = {
    "plain": "SELECT 1; SELECT 2;",
    "no end": "SELECT 1; SELECT 2",
    "empty ones": ";;SELECT 1;;\n;",
    "only comments": "-- a;\n/* b; */",
    "comments between": "-- a;\nSELECT 1 /* ; /* ; */ ; */ + 1 -- ;\n; /* c; */ SELECT 2;",
    "strings": "SELECT 'a;b''c;', E'a\\';b', U&'\\0061;', \"a;\"\"b\"; SELECT ';'",
    "continued string": "SELECT E'a\\''\n  'b'';c'; SELECT 2",
    "dollars": "SELECT $$a;$b$;$$, $b$;$$;$b$, a$b$c FROM a; SELECT $1;",
    "parentheses": "CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2); SELECT 3;",
    "too many closed": "SELECT 1); SELECT 2; SELECT (3;",
    "atomic": "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END; SELECT 2;",
    "atomic or replace": "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO a VALUES (1); END; SELECT 1;",
    "begin elsewhere": "BEGIN; SELECT 1; END; CREATE TABLE begin (a int); SELECT 2;",
    "begin as a name": "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT 2; END; SELECT 3;",
    "quoted begin": 'CREATE FUNCTION f() RETURNS "begin" LANGUAGE sql RETURN 1; SELECT 2;',
    "case outside": "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 2;",
    "line ends": "SELECT 1 -- a\r\n; SELECT\r2; -- b\rSELECT 3;",
    "names of every script": "SELECT naïve$a$ FROM 表; SELECT '表;';",
    "operators": "SELECT a::int, b:=1, c[1:2], 1 --x;\n; SELECT @-1, 2/ *3, a->>'b;'; SELECT 1*/*;*/2;",
}
# fmt: off
_PIECES = [
    ";", ";;", "'", "''", '"', "$$", "$a$", "$1", "--", "/*", "*/", "(", ")", "[", "]", "e'", "E'", "u&'", 'U&"',
    "\n", "\r\n", "\t", "a", "a1", "1a", "_$", "é", ":", "::", ":=", ",", "-", "*", "/", "@",
    "begin", "BEGIN", "end", "case", "atomic", "create", "function", "procedure", "or", "replace", "table", "select",
]
# fmt: on


@pytest.fixture(scope="session")
def psql() -> Iterator[Psql]:
    """What psql sends for a text, statement by statement."""
    if shutil.which("psql") is None:
        pytest.skip("there is no psql on this machine: it is the oracle")
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/.s.PGSQL.5432")
        listener.listen()

        def ask(text: str) -> list[str]:
            script = Path(folder) / "script.sql"
            script.write_bytes(text.encode())
            heard: list[str] = []
            thread = Thread(target=_listen, args=(listener, heard))
            thread.start()
            subprocess.run(
                ["psql", "-X", "-q", "-h", folder, "-p", "5432", "-U", "a", "-d", "a", "-f", script],
                env={"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"},
                check=True,
                capture_output=True,
            )
            thread.join()
            return heard

        yield ask


def _listen(listener: socket.socket, heard: list[str]) -> None:
    """Be a server that agrees to everything, and note the queries."""
    ready = b"Z" + struct.pack("!ic", 5, b"I")
    accepted, _ = listener.accept()
    with accepted, accepted.makefile("rwb") as stream:
        stream.read(struct.unpack("!i", stream.read(4))[0] - 4)
        settings = [b"server_version\x0015.0\0", b"client_encoding\0UTF8\0", b"standard_conforming_strings\0on\0"]
        stream.write(b"R" + struct.pack("!ii", 8, 0))
        stream.writelines(b"S" + struct.pack("!i", len(setting) + 4) + setting for setting in settings)
        stream.write(ready)
        stream.flush()
        while (kind := stream.read(1)) == b"Q":
            body = stream.read(struct.unpack("!i", stream.read(4))[0] - 4)
            heard.append(body.rstrip(b"\0").decode())
            stream.write(b"I" + struct.pack("!i", 4) + ready)
            stream.flush()
        assert kind in {b"X", b""}


def _plain(statement: str) -> list[str]:
    """The tokens of a statement without its comments, which psql keeps or drops as its version likes."""
    found = [statement[token.start : token.end] for token in tokens(statement) if token.kind is not Kind.COMMENT]
    return [] if found == [";"] else found


def _agree(text: str, psql: Psql) -> None:
    ours = [_plain(statement.text) for statement, _ in split(text, tokens(text))]
    theirs = [plain for sent in psql(text) if (plain := _plain(sent))]

    assert ours == theirs


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_statements_end_where_psql_says(psql: Psql, text: str) -> None:
    _agree(text, psql)


@given(st.lists(st.sampled_from(_PIECES), max_size=24), st.sampled_from(["", " "]))
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_any_text_is_split_as_psql_splits_it(psql: Psql, pieces: list[str], between: str) -> None:
    text = between.join(pieces)
    try:
        list(split(text, tokens(text)))
    except Unterminated:
        assume(False)

    _agree(text, psql)


def test_a_statement_knows_its_place_and_the_comments_before_it() -> None:
    text = "SELECT 1;\n-- why\n/* so */ SELECT 2;"
    (first, _), (second, _) = split(text, tokens(text))

    assert (first.offset, second.offset, second.comments) == (0, 26, ((10, "-- why"), (17, "/* so */")))
