"""What a run of migrations tells while it goes on."""

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tenantstore import migrate
from tenantstore.cli.migrate_shown import of_folder, of_step
from tenantstore.migrate.project import Folder
from tenantstore.migrate.shown import shown

_BAR_WIDTH = 24
_ERASE = "\r\x1b[K"


@dataclass
class Log:
    """Tells on stderr what goes on, with a bar where a person watches, and on stdout what is done."""

    quiet: bool = False
    done: list[dict[str, Any]] = field(default_factory=list)
    _bar: str = ""
    _of: dict[str, str] = field(default_factory=dict)

    def begin(self, folder: Folder, is_named: bool, several: bool) -> None:
        """Say which folder is next, unless it is the one that was asked for."""
        self._of = of_folder(folder, several)
        if not is_named:
            self._write(f"folder: {folder}", sys.stderr)

    def __call__(self, event: "migrate.Begun | migrate.Done | migrate.Note") -> None:
        match event:
            case migrate.Begun(step, number, total) if sys.stderr.isatty():
                filled = _BAR_WIDTH * (number - 1) // total
                self._bar = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {number}/{total} {step}"
            case migrate.Begun(step, number, total):
                self._write(f"{step} ({number} of {total})", sys.stderr)
            case migrate.Note(text):
                self._write(text, sys.stderr)
            case migrate.Done(step, duration_ms):
                self._bar = ""
                self.done.append({**of_step(step), "duration_ms": duration_ms, **self._of})
                if not self.quiet:
                    self._write(f"{step}: done in {duration_ms} ms", sys.stdout)
        self._draw()

    def close(self) -> None:
        """Take the bar away."""
        self._bar = ""
        self._draw()

    def _write(self, line: str, stream: Any) -> None:
        if sys.stderr.isatty():
            print(_ERASE, end="", file=sys.stderr, flush=True)
        print(shown(line), file=stream, flush=True)

    def _draw(self) -> None:
        if sys.stderr.isatty():
            # A terminal that has gone must not hide why the run ends.
            with suppress(OSError):
                print(f"{_ERASE}{shown(self._bar)}", end="", file=sys.stderr, flush=True)
