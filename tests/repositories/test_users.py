from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import users
from tenantstore.repositories.users import User
from tenantstore.store import Scope


@pytest.fixture
def eve(operator: Scope) -> User:
    return operator.run(users.create("eve@example.org", "hash", "Eve", role="admin"))


def test_create_makes_an_operator_unless_it_is_told_another_role(operator: Scope, eve: User) -> None:
    fay = operator.run(users.create("fay@example.org", "hash", "Fay"))

    assert (eve.role, fay.role, fay.email, fay.name, fay.webhook_url) == (
        "admin",
        "operator",
        "fay@example.org",
        "Fay",
        None,
    )


def test_create_refuses_an_email_that_is_taken(operator: Scope, eve: User) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(users.create(eve.email, "other", "Other"))


def test_get_by_id_finds_the_user(operator: Scope, eve: User) -> None:
    assert operator.run_all(users.get_by_id(eve.id), users.get_by_id(uuid4())) == (eve, None)


def test_get_by_email_minds_the_case(operator: Scope, eve: User) -> None:
    assert operator.run_all(users.get_by_email(eve.email), users.get_by_email("Eve@example.org")) == (eve, None)


def test_list_all_is_by_name_then_id(operator: Scope, eve: User) -> None:
    others = [operator.run(users.create(f"{n}@example.org", "hash", "Eve")) for n in range(3)]
    ann = operator.run(users.create("ann@example.org", "hash", "Ann"))

    assert operator.run(users.list_all()) == [ann, *sorted([eve, *others], key=lambda user: user.id)]


@pytest.mark.parametrize("url", ["https://example.org/hook", None])
def test_set_webhook_url_sets_and_clears_it(operator: Scope, eve: User, url: str | None) -> None:
    operator.run(users.set_webhook_url(eve.id, "https://example.org/old"))
    changed = operator.run(users.set_webhook_url(eve.id, url))

    assert (changed.webhook_url, operator.run(users.get_by_id(eve.id))) == (url, changed)


def test_update_password_hash_changes_that_users_alone(operator: Scope, eve: User) -> None:
    fay = operator.run(users.create("fay@example.org", "hash", "Fay"))
    changed = operator.run(users.update_password_hash(eve.id, "new hash"))

    assert (changed.password_hash, operator.run(users.list_all())) == ("new hash", [changed, fay])


@pytest.mark.parametrize(
    "change", [lambda id: users.set_webhook_url(id, None), lambda id: users.update_password_hash(id, "hash")]
)
def test_a_change_to_nobody_is_not_found(operator: Scope, change: Callable[[UUID], Statement[Any]]) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


def test_a_repr_shows_no_secret(operator: Scope, eve: User) -> None:
    shown = repr(operator.run(users.set_webhook_url(eve.id, "https://example.org/hook")))

    assert "hash" not in shown
    assert "hook" not in shown
