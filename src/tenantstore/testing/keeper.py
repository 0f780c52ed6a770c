"""The process that holds a test run's server: ``python -m tenantstore.testing.keeper FOLDER SETTINGS``.

:mod:`tenantstore.testing.home` says what it is for. It takes no part in the run's cleaning up and is no child of it, so
nothing that kills the tests kills it; and when it is killed itself, the kernel takes its server down.
"""

import fcntl
import json
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from tenantstore.testing.cache import cache_folder
from tenantstore.testing.cluster import Cluster, Seed
from tenantstore.testing.home import answer, refusal
from tenantstore.testing.launcher import Started, start
from tenantstore.testing.settings import Settings
from tenantstore.testing.template import Template

_POLL_SECONDS = 0.5
_NICENESS = 10
_SEED_AFTER_SECONDS = 1.0
# CREATE and DROP DATABASE each go through all of it, several times: a quarter less time than with the server's 128 MB.
_SETTINGS = {"shared_buffers": "16MB"}


def main(path: Path, settings: Settings) -> None:
    """Hold a server until the run's main process is gone, or as long as it wanted afterwards."""
    with (path / "alive").open("r+") as alive:
        try:
            started = _start(settings.provider, settings, Seed(Template.of(settings).seed, _say_a_word))
        except Exception as error:
            _write(path, refusal(error))
            fcntl.lockf(alive, fcntl.LOCK_EX)
        else:
            over = Event()
            seeding = _begin_seeding(started, settings, over)
            _write(path, answer(started.server))
            fcntl.lockf(alive, fcntl.LOCK_EX)
            orderly = (path / "stay").exists()
            _stay(path)
            # After a run that was killed nothing is begun any more, and what is half made is not waited for.
            if orderly:
                over.set()
            started.server.close()
            if seeding is not None and orderly:
                seeding.join()
        shutil.rmtree(path, ignore_errors=True)


def _write(path: Path, told: dict[str, object]) -> None:
    (path / "writing").write_text(json.dumps({"keeper": os.getpid(), **told}))
    (path / "writing").replace(path / "server")
    # Whoever has started this waits for the end of its output.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_a_word() -> None:
    """Have whoever has started this use the time: the server comes without their template."""
    # They may be gone, and others of the run still want the server.
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), b".")


def _stay(path: Path) -> None:
    """Go on for as long as the run asked at its end; whoever removes the request ends that."""
    stay = path / "stay"
    deadline = time.monotonic() + float(stay.read_text()) if stay.exists() else 0
    while time.monotonic() < deadline and stay.exists():
        time.sleep(_POLL_SECONDS)


def _start(provider: str | None, settings: Settings, seed: Seed | None = None) -> Started:
    return start(provider, settings={**_SETTINGS, **settings.settings}, image=settings.image, seed=seed)


def _begin_seeding(started: Started, settings: Settings, over: Event) -> Thread | None:
    """Prepare, in the background, an empty cluster and one with the template in it, for the runs after this one."""
    if started.cluster is None or started.cluster.is_seeded or cache_folder() is None:
        return None
    thread = Thread(target=_seed, args=[started.server.provider, settings, over], daemon=True)
    thread.start()
    return thread


def _seed(provider: str, settings: Settings, over: Event) -> None:
    # The run's own template first: two processors are just enough for its process and the server's.
    over.wait(_SEED_AFTER_SECONDS)
    # Linux knows a priority for each thread, and what it starts inherits it: the tests go first.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    try:
        started = _start(provider, settings)
        assert isinstance(started.cluster, Cluster)
        with started.server:
            template = Template.of(settings)
            template.ready(started.server)
            started.cluster.keep(Seed(template.seed))
    except Exception:
        # The tests have a server; that the next run starts more slowly is nothing to stop for.
        import traceback

        traceback.print_exc()


def _go_into_the_background() -> None:
    """Let whoever started this go on, and Ctrl-C at their terminal not reach it."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")


if __name__ == "__main__":
    _go_into_the_background()
    main(Path(sys.argv[1]), Settings(**json.loads(sys.argv[2])))
