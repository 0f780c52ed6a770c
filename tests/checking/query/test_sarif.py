"""What is written for code hosts is SARIF 2.1.0, by the schema of those who made it."""

import json
from pathlib import Path

import jsonschema

from tenantstore.checking.query.finding import Finding, Half, Place
from tenantstore.checking.query.sarif import sarif

_SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text())


def test_a_log_is_what_the_schema_asks_for(tmp_path: Path) -> None:
    inside = Place(tmp_path / "sql" / "a b" / "list.sql", 3, 5, "SELECT '名前'")
    half = Half(tmp_path / "orders.py", 7, "    name: str")
    found = [
        Finding("nullable", "orders/list", "name may be null", "Annotate it.", inside, half),
        Finding("tenant-missing", "orders/list", "orders is not bound", "", Place(Path("/elsewhere/x.sql"), 1, 1, "")),
        Finding("policy-wide", "", "a policy is too wide", "Mend it.", None, detail="this one"),
    ]
    logs = [sarif(each, tmp_path) for each in (found, [])]

    assert [list(jsonschema.Draft4Validator(_SCHEMA).iter_errors(each)) for each in logs] == [[], []]
