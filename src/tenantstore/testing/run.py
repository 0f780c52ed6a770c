"""What the plugin keeps of a test run, from its configuration to its end."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tenantstore.testing.errors import ServerFailed
from tenantstore.testing.home import Home
from tenantstore.testing.plugin import UNNAMED
from tenantstore.testing.settings import Settings

if TYPE_CHECKING:
    from tenantstore.testing.session import Database, Session

DATABASE: "pytest.StashKey[Database]" = pytest.StashKey()


class Run:
    """One process's part of a run: the settings, the folder it shares with the others, its session once it has one."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.settings: Settings = _settings(config)
        #: Of a worker of xdist: what the main process has given it.
        self._given: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._home: Home | None = None
        self._session: Session | None = None
        self._error: Exception | None = None

    @property
    def home(self) -> Home:
        if self._home is None:
            path = Path(self._given.get("tenantstore", "/nowhere/at/all")) if self._given else None
            # A worker on another machine does not find the folder, and has a server of its own there.
            self._home = Home(path) if path is not None and path.is_dir() else Home.made(self._config.rootpath)
        return self._home

    def begin(self) -> None:
        """Have the server started, and do not wait for it."""
        if self.settings.starts_a_server:
            self.home.begin(self.settings)

    def session(self) -> "Session":
        """The session, begun at its first use.

        :raises TenantstoreError: when it cannot be.
        """
        if self._error is not None:
            raise self._error
        if self._session is None:
            process = self._given["workerid"] if self._given else "main"
            try:
                self.begin()
                # A tenth of a second, which the server has meanwhile.
                from tenantstore.testing.session import Session

                self._session = Session(self.settings, self.home, process)
            except Exception as error:
                self._error = _told(error)
                if self._error is error:
                    raise
                raise self._error from None
            if self._given:
                (self.home.path / "header").write_text(self._session.header())
        return self._session

    def header(self) -> str | None:
        """What is running, in a line; None where nothing is."""
        return self._session.header() if self._session else None

    def keep(self, item: pytest.Item) -> str:
        """Keep the database of a test that has failed; what to say of it."""
        database = item.stash.get(DATABASE, None)
        if database is None or self._session is None:
            return ""
        import psycopg

        try:
            said = self._session.keep(database)
        except psycopg.Error as error:
            return f"its database is not kept: {error}"
        if said.startswith("its database is kept"):
            del item.stash[DATABASE]
            (self.home.path / "kept").touch()
        return said

    def lines(self) -> list[str]:
        """What the processes that ran tests have left to say."""
        header = self._home.path / "header" if self._home else None
        return header.read_text().splitlines() if header and header.exists() else []

    def finish(self) -> None:
        """Let go of the server: no test comes any more."""
        if self._session is not None:
            import psycopg

            # A server that is gone has nothing to clean up, and on one that comes back the next run does it.
            with suppress(psycopg.Error):
                self._session.close()

    def end(self) -> None:
        if self._home is not None and self._home.is_main:
            kept = (self._home.path / "kept").exists()
            self._home.end(self.settings.keep_minutes * 60 if kept else 0.0)


def _told(error: Exception) -> Exception:
    """The server's own refusal as an error that ends the run with its text; any other as it is."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return error
    said = str(error)
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        said += "\nThe role that tests are set up with must be one that may make databases and roles."
    return ServerFailed("the server refuses what a test run needs", said)


def _migrations(config: pytest.Config) -> list[str]:
    """Folders, ours as ``tenantstore``: those of the configuration, else those that all commands apply."""
    named, where = config.getini("ts_migrations"), "ts_migrations"
    base = config.inipath.parent if config.inipath else config.rootpath
    if named is UNNAMED:
        from tenantstore.migrate.errors import Misconfigured
        from tenantstore.migrate.project import migrations

        where = "[tool.tenantstore.check] migrations"
        try:
            named = migrations(config.rootpath)
        except Misconfigured as error:
            raise pytest.UsageError(str(error)) from None
    folders = [each if each == "tenantstore" else str((base / each).resolve()) for each in named]
    for each in folders:
        if each != "tenantstore" and not Path(each).is_dir():
            raise pytest.UsageError(f"{where}: there is no folder {each}")
    return folders


def _settings(config: pytest.Config) -> Settings:
    named = _migrations(config)
    settings = {}
    for line in config.getini("ts_settings"):
        name, equals, value = line.partition("=")
        if not equals:
            raise pytest.UsageError(f"ts_settings: {line!r} is not name = value")
        settings[name.strip()] = value.strip()
    return Settings(
        provider=config.getoption("ts_provider"),
        image=config.getoption("ts_image"),
        keep_minutes=config.getoption("ts_keep"),
        migrations=tuple(named),
        role=config.getini("ts_role"),
        settings=settings,
    )
