"""Eight deployers at once: each file once, and all of them end well.

One round of each kind; with TENANTSTORE_SOAK=1, twenty.
"""

import os
import random
import time
from collections import Counter
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tests.migrate.conftest import MakeFolder, Start

_ROUNDS = 20 if os.environ.get("TENANTSTORE_SOAK") == "1" else 1
_TABLES = {f"{n}_a": f"CREATE TABLE t{n} AS SELECT {n} AS b;\nINSERT INTO log VALUES ({n});" for n in range(2, 11)}
_TEN = {"1_a": "CREATE TABLE log (b int);\nINSERT INTO log VALUES (1);", **_TABLES}
_BUILD = "-- no-transaction\nCREATE INDEX CONCURRENTLY log_b_idx ON log (b);\nINSERT INTO log VALUES (5);"
_INDEX = {**_TEN, "5_a": _BUILD}


@pytest.mark.parametrize("round_", range(_ROUNDS))
@pytest.mark.parametrize(("pairs", "killed"), [(_TEN, 0), (_INDEX, 0), (_INDEX, 1)], ids=["ten", "index", "killed"])
def test_deployers_at_once_run_each_file_once(
    dsn: str,
    connection: psycopg.Connection[Any],
    folder: MakeFolder,
    start: Start,
    pairs: dict[str, str],
    killed: int,
    round_: int,
) -> None:
    where = folder(pairs)
    processes = [start("up", "--dsn", dsn, "--dir", where, "--wait", "2m") for _ in range(8 + killed)]
    for process in processes[8:]:
        time.sleep(random.Random(round_).uniform(0.1, 0.8))
        process.kill()
    ended = [(process.communicate(), process.returncode) for process in processes]
    done = Counter(line.split(":")[0] for (out, _), _ in ended for line in out.splitlines() if "done in" in line)

    assert [(code, err) for (_, err), code in ended[:8] if code] == []
    assert connection.execute("SELECT b FROM log ORDER BY b").fetchall() == [(n,) for n in range(1, 11)]
    assert {state.standing for state in migrate.status(dsn, where)} == {"applied"}
    assert connection.execute("SELECT FROM pg_index WHERE NOT indisvalid").fetchall() == []
    assert (max(done.values()), len(done) + killed >= 10) == (1, True)
