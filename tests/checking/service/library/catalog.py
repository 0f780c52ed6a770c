"""Where its queries lie."""

from pathlib import Path

from tenantstore import Catalog

CATALOG = Catalog(Path(__file__).parent / "sql")
