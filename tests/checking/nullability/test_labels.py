"""Output columns of each kind, labelled by hand: ``"name!"`` is never null, ``"name?"`` can be.

A label is confirmed by running the statement: on empty tables, and on rows with nulls wherever they may stand. One that
can be null must be seen null, one that never is must not.
"""

import re
from dataclasses import dataclass
from itertools import product

from psycopg.pq import ExecStatus

from tenantstore.checking.analysis import NotAnalysed, Output, Schema, analyse
from tenantstore.checking.nullability import Nullability, columns
from tests.checking.nullability.conftest import FOLDER, Look

_NOT_SUPPORTED = "0A000"


@dataclass(frozen=True)
class Case:
    """``parameters`` are written as the server reads them; ``given`` is done before, and undone."""

    title: str
    sql: str
    since: int
    given: str
    parameters: tuple[str | None, ...]


def cases() -> list[Case]:
    """Those of all files, a blank line between two: ``-- title``, then what it needs, ``-- from``, ``-- given`` or
    ``-- parameters``, then the statement."""
    found = []
    for path in sorted((FOLDER / "labels").glob("*.sql")):
        for block in path.read_text().strip().split("\n\n"):
            title, *notes = re.findall(r"^-- (.*)$", block, re.MULTILINE)
            sql = re.sub(r"^--.*\n", "", block, flags=re.MULTILINE)
            needs = dict(note.partition(" ")[::2] for note in notes)
            values = needs["parameters"].split(", ") if "parameters" in needs else []
            parameters = tuple(None if value == "NULL" else value for value in values)
            found.append(
                Case(f"{path.stem}: {title}", sql, int(needs.get("from", 15)), needs.get("given", ""), parameters)
            )
    return found


CASES = cases()


def outputs(look: Look, case: Case) -> tuple[Output, ...]:
    """The columns with their labels; none where the server cannot run the statement."""
    if look.info.server_version // 10000 < case.since:
        return ()
    try:
        return analyse(look, case.sql).outputs
    except NotAnalysed as error:
        # XML is left out of some builds.
        if error.sqlstate == _NOT_SUPPORTED:
            return ()
        raise


def nulls(look: Look, case: Case) -> set[int]:
    """The columns, from 0, that are null in some row."""
    values = [None if value is None else value.encode() for value in case.parameters]
    found: set[int] = set()
    for rows in (b"", (FOLDER / "rows.sql").read_bytes()):
        with look.transaction(force_rollback=True):
            look.execute(rows)
            look.execute(case.given.encode())
            # Not through the driver's types: JSON's null is a value, and times may be infinite.
            given = look.pgconn.exec_params(case.sql.encode(), values)
            assert given.status == ExecStatus.TUPLES_OK, given.error_message
            size = product(range(given.ntuples), range(given.nfields))
            found |= {column for row, column in size if given.get_value(row, column) is None}
    return found


def test_labels_are_what_the_rows_show(look: Look) -> None:
    labelled = {case.title: [output.name for output in outputs(look, case)] for case in CASES}

    shown = {
        case.title: [f"{name[:-1]}{'?' if number in seen else '!'}" for number, name in enumerate(labelled[case.title])]
        for case in CASES
        for seen in ([nulls(look, case)] if labelled[case.title] else [set[int]()])
    }
    assert shown == labelled


@dataclass(frozen=True)
class Score:
    """Of so many ``columns`` those ``wrong``, which are promised and can be null, and those that the proof is too
    ``cautious`` of, with what it says."""

    columns: int
    wrong: list[str]
    cautious: list[str]

    @property
    def share(self) -> float:
        """How much it is too cautious of, from 0 to 1."""
        return len(self.cautious) / self.columns


def score(look: Look) -> Score:
    """The proof held against the labels."""
    schema = Schema(look)
    verdicts: list[tuple[str, Nullability]] = []
    for case in CASES:
        if found := outputs(look, case):
            names = [f"{case.title}, {output.name}" for output in found]
            verdicts += zip(names, columns(analyse(look, case.sql), schema), strict=True)
    return Score(
        len(verdicts),
        [name for name, verdict in verdicts if name.endswith("?") and not verdict.nullable],
        [f"{name} {verdict.why}" for name, verdict in verdicts if name.endswith("!") and verdict.nullable],
    )


def test_what_is_promised_is_true_and_little_is_left_out(look: Look) -> None:
    found = score(look)

    assert (found.wrong, found.share < 0.1, found.columns > 400) == ([], True, True), found
