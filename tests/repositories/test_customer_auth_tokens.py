from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tenantstore.errors import NotFound
from tenantstore.repositories import customer_auth_tokens
from tenantstore.repositories.customer_auth_tokens import CustomerAuthToken, TokenType
from tenantstore.store import Scope, TenantScope
from tests.repositories.conftest import Late

HOUR = timedelta(hours=1)

NewToken = Callable[..., CustomerAuthToken]


@pytest.fixture
def new_token(operator: Scope, ada: TenantScope) -> NewToken:
    def new_token(
        token_hash: str = "hash", type: TokenType = "password_reset", lasts: timedelta = HOUR, of: TenantScope = ada
    ) -> CustomerAuthToken:
        expires_at = datetime.now(UTC) + lasts
        return operator.run(customer_auth_tokens.create(of.customer_id, token_hash, type, expires_at))

    return new_token


def test_create_makes_an_unused_token(ada: TenantScope, new_token: NewToken) -> None:
    token = new_token()

    assert (token.customer_id, token.token_hash, token.type, token.used_at) == (
        ada.customer_id,
        "hash",
        "password_reset",
        None,
    )


def test_create_refuses_a_hash_that_is_taken(new_token: NewToken) -> None:
    new_token()

    with pytest.raises(psycopg.errors.UniqueViolation):
        new_token()


def test_get_by_hash_finds_only_unused_unexpired_tokens(operator: Scope, new_token: NewToken) -> None:
    good, used = new_token("good"), new_token("used")
    new_token("late", lasts=-HOUR)
    operator.run(customer_auth_tokens.mark_used(used.id))
    found = [operator.run(customer_auth_tokens.get_by_hash(each)) for each in ("good", "used", "late", "unknown")]

    assert found == [good, None, None, None]


def test_mark_used_stamps_the_token(operator: Scope, new_token: NewToken) -> None:
    assert operator.run(customer_auth_tokens.mark_used(new_token().id)).used_at is not None


def test_a_token_is_used_once_and_before_it_expires(operator: Scope, new_token: NewToken) -> None:
    used, late = new_token("used"), new_token("late", lasts=-HOUR)
    operator.run(customer_auth_tokens.mark_used(used.id))

    for token_id in (used.id, late.id, uuid4()):
        with pytest.raises(NotFound):
            operator.run(customer_auth_tokens.mark_used(token_id))


def test_of_two_who_use_a_token_at_once_one_gets_it(new_token: NewToken, late: Late) -> None:
    token = new_token()

    assert late(customer_auth_tokens.mark_used(token.id), customer_auth_tokens.mark_used(token.id)) is NotFound


def test_delete_by_customer_and_type_deletes_no_others(operator: Scope, bob: TenantScope, new_token: NewToken) -> None:
    used, _ = new_token("1"), new_token("2")
    operator.run(customer_auth_tokens.mark_used(used.id))
    other_type, other_customer = new_token("3", type="email_verify"), new_token("4", of=bob)

    assert operator.run(customer_auth_tokens.delete_by_customer_and_type(used.customer_id, used.type)) == 2  # type: ignore[arg-type]
    assert [operator.run(customer_auth_tokens.get_by_hash(each)) for each in ("2", "3", "4")] == [
        None,
        other_type,
        other_customer,
    ]


def test_a_repr_shows_no_hash(new_token: NewToken) -> None:
    assert "secret" not in repr(new_token("secret"))
