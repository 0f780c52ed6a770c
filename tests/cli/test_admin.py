"""Making an admin: who is made, what is refused, and that nothing secret is said."""

import io
import json
from typing import Any

import pytest

from tenantstore import Store
from tenantstore.cli import main
from tenantstore.repositories import users

HASH = "$2b$12$" + "x" * 53


@pytest.fixture(autouse=True)
def _stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{HASH}\n"))


def _told(store: Store) -> list[tuple[str, str, str, str]]:
    found = store.operator().run(users.list_all())
    return [(each.email, each.name, each.role, each.password_hash) for each in found]


@pytest.mark.parametrize(
    ("options", "name"),
    [([], "ada@example.com"), (["--name", "Ada"], "Ada"), (["--hash", HASH, "--name", "Ada"], "Ada")],
)
def test_an_admin_has_the_e_mail_and_the_hash_that_are_given(
    ts_db: str, ts_store: Store, capsys: pytest.CaptureFixture[str], options: list[str], name: str
) -> None:
    code = main(["admin", "create", "ada@example.com", "--dsn", ts_db, *options])
    out, err = capsys.readouterr()

    assert (code, _told(ts_store)) == (0, [("ada@example.com", name, "admin", HASH)])
    assert (out.startswith("admin ada@example.com: "), HASH in out, err) == (True, False, "")


def test_json_has_all_but_the_hash(ts_db: str, ts_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    main(["admin", "create", "ada@example.com", "--name", "Ada", "--dsn", ts_db, "--json"])
    (ada,) = ts_store.operator().run(users.list_all())

    assert json.loads(capsys.readouterr().out) == {
        "user": {"id": str(ada.id), "email": "ada@example.com", "name": "Ada", "role": "admin"}
    }


def test_at_a_terminal_the_hash_is_asked_for_unseen(
    ts_db: str, ts_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("tenantstore.cli.admin.getpass", lambda _prompt: HASH)
    main(["admin", "create", "ada@example.com", "--dsn", ts_db])

    assert [each[3] for each in _told(ts_store)] == [HASH]


def test_whoever_is_there_stays_as_they_are(ts_db: str, ts_store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    ts_store.operator().run(users.create("ada@example.com", "y" * 60, "Ada"))
    code = main(["admin", "create", "ada@example.com", "--dsn", ts_db])

    assert (code, *capsys.readouterr()) == (
        1,
        "",
        "error: there is a user ada@example.com already: nothing was changed\n",
    )
    assert _told(ts_store) == [("ada@example.com", "Ada", "operator", "y" * 60)]


@pytest.mark.parametrize("given", ["hunter2", "correct horse battery staple, and some more words", "x" * 256, "ü" * 40])
def test_what_is_no_hash_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    code = main(["admin", "create", "ada@example.com", "--dsn", "port=1 host=127.0.0.1"])
    out, err = capsys.readouterr()

    assert (code, out, err.splitlines()) == (
        2,
        "",
        [
            f"error: what was given as a hash has {len(given)} characters, or some that no hash has",
            "A hash has 32 to 255, none of them blank: 60 of bcrypt, some 97 of Argon2.",
        ],
    )


def test_a_stdin_without_a_hash_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code = main(["admin", "create", "ada@example.com", "--dsn", "port=1 host=127.0.0.1"])

    assert (code, capsys.readouterr().err.splitlines()) == (
        2,
        [
            "error: no hash of a password was given: stdin is empty",
            "Write it to stdin, a line: `tenantstore admin create --help` has an example.",
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["ada@example.com", "hunter2"],
            "create takes an e-mail and options: what else was given is not repeated here",
        ),
        (["ada@example.com", "--password", "hunter2"], "create takes an e-mail and options: what else was given is"),
        (["Ada"], "'Ada' is no e-mail address"),
        (["ada\x1b[31m@example.com"], "is no e-mail address"),
        (["ada\udcff@example.com"], "is no e-mail address"),
    ],
)
def test_a_password_in_the_command_line_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["admin", "create", *arguments])
    err = capsys.readouterr().err

    assert (told in err, "hunter2" in err) == (True, False)


def test_no_server_is_5_and_the_password_stays_unsaid(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["admin", "create", "a@b", "--json", "--dsn", "host=127.0.0.1 port=1 password=hidden"])
    out, err = capsys.readouterr()
    told: dict[str, Any] = json.loads(out)["error"]

    assert (code, told["kind"], told["exit_code"], "hidden" in out + err) == (5, "Unreachable", 5, False)
