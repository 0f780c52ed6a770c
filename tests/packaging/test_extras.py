"""What is not installed is named from Python with the command that brings it, not with a traceback of the driver's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NO_LIBPQ = "import os; os.environ['PSYCOPG_IMPL'] = 'c'"
NO_PSYCOPG = "import sys; sys.modules['psycopg'] = None"
NO_TRACES = "import sys; sys.modules['opentelemetry.trace'] = None"
CASES = [
    (NO_LIBPQ, "from tenantstore import Store", "binary"),
    (NO_PSYCOPG, "from tenantstore import AsyncStore", "binary"),
    (NO_PSYCOPG, "from tenantstore.migrate import up", "binary"),
    (NO_PSYCOPG, "from tenantstore.checking import check", "binary"),
    (NO_PSYCOPG, "from tenantstore.testing import launch", "binary"),
    (NO_TRACES, "from tenantstore.observe.opentelemetry import OpenTelemetry", "otel"),
]


@pytest.mark.parametrize(("missing", "program", "extra"), CASES)
def test_what_is_not_installed_is_named_with_the_extra_that_brings_it(missing: str, program: str, extra: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"{missing}\n{program}"], capture_output=True, text=True, check=False)
    places, _, said = done.stderr.partition("tenantstore.errors.MissingExtra: ")

    assert said.splitlines()[1:] == [f"To fix it: python -m pip install 'tenantstore[{extra}]'"]
    assert "site-packages" not in places


def test_a_test_run_without_a_driver_ends_with_the_extra_that_brings_it(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(ts_db):\n    pass\n")
    (tmp_path / "conftest.py").write_text(NO_PSYCOPG)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tenantstore.testing.plugin"]
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True, check=False)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip().splitlines()[-1] == "To fix it: python -m pip install 'tenantstore[binary]'"
