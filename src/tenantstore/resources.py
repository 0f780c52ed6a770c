"""Where the SQL, the migrations and the plans lie: inside an installed package, or at the top of a checkout."""

from pathlib import Path

#: What stands for this library's own migrations where folders are named.
OURS = "tenantstore"

_PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder of that ``name``: in the wheel or, in an editable install, in the checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name
