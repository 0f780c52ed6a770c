"""What the command line and the project's configuration ask for, known before anything is started."""

import os
from typing import NamedTuple

DSN_VARIABLE = "TENANTSTORE_TEST_DSN"
IMAGE = "postgres:18"


class Settings(NamedTuple):
    """Of the plugin; each has its option or its line in the configuration."""

    provider: str | None
    image: str
    keep_minutes: float
    migrations: tuple[str, ...]
    role: str
    settings: dict[str, str]

    @property
    def starts_a_server(self) -> bool:
        """Whether the run needs one of its own, rather than to meet one that is there already."""
        return self.provider != "dsn" if self.provider else not os.environ.get(DSN_VARIABLE)
