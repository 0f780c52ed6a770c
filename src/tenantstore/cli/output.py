"""How the commands write: JSON that any output can carry, and lines of the log."""

import codecs
import json
import sys
from typing import Any

from tenantstore.migrate.shown import shown


def dumped(data: dict[str, Any]) -> str:
    """The data as JSON: of ASCII only, where the output knows no more."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return json.dumps(data, ensure_ascii=codecs.lookup(encoding).name != "utf-8", indent=2)


def log(text: str) -> None:
    """Tell it on stderr."""
    print(shown(text), file=sys.stderr, flush=True)
