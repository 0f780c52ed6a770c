"""Imported before psycopg: where that is missing, or the libpq below it, the error says what to install."""

from tenantstore.errors import MissingExtra

try:
    import psycopg  # noqa: F401
except ImportError as _missing:
    # Its further lines tell of each implementation that was tried.
    raise MissingExtra("binary", f"psycopg cannot be imported: {str(_missing).partition(chr(10))[0]}") from None
