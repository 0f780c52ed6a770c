"""A failed test's traceback, without what lies below the line that called the library."""

import pytest

# With what stands between a caller and the library's own frames.
_LIBRARY = {"tenantstore", "psycopg", "psycopg_binary", "psycopg_c", "psycopg_pool", "contextlib", "asyncio"}
_RAISES = {"tenantstore", "psycopg"}


def shorten(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Let it end where the last frame is that is not the library's; any other error is shown as it came.

    ``--full-trace`` leaves all of it, and so does ``--pdb``.
    """
    whole = item.config.getoption("fulltrace") or item.config.getoption("usepdb")
    if whole or not any(_part(each.__module__) in _RAISES for each in excinfo.type.__mro__):
        return
    entry, last, is_tests = excinfo.value.__traceback__, None, False
    while entry is not None:
        is_tests = is_tests or entry.tb_frame.f_code.co_filename == str(item.path)
        if is_tests and _part(entry.tb_frame.f_globals.get("__name__")) not in _LIBRARY:
            last = entry
        entry = entry.tb_next
    if last is not None:
        last.tb_next = None


def _part(module: object) -> str:
    return str(module).partition(".")[0]
