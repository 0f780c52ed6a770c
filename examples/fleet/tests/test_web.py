"""The web part as its callers see it, and its queries as they are awaited."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from fleet import notes
from fleet.web import create_app

from tenantstore import AsyncStore, Store
from tenantstore.repositories import customers
from tenantstore.testing import Tenants


@pytest.fixture
def client(ts_db: str) -> Iterator[TestClient]:
    with TestClient(create_app(ts_db)) as client:
        yield client


def as_customer(customer_id: UUID) -> dict[str, str]:
    return {"X-Customer": str(customer_id)}


def test_a_customer_sees_their_phones_and_what_is_shared(client: TestClient, ts_tenants: Tenants) -> None:
    found = client.get("/phones", headers=as_customer(ts_tenants.bob.id))

    assert found.json() == ["Ada's phone 1", "Bob's phone 1", "Bob's phone 2"]


def test_a_note_is_there_once_it_is_written(client: TestClient, ts_tenants: Tenants) -> None:
    ada = ts_tenants.ada
    path = f"/phones/{ada.devices[0].id}/notes"
    written = client.post(path, json={"body": "in the rack"}, headers=as_customer(ada.id))

    assert (written.status_code, written.json()["body"]) == (201, "in the rack")
    assert client.get(path, headers=as_customer(ada.id)).json() == [written.json()]


@pytest.mark.parametrize("whose", ["somebody else's", "nobody's"])
def test_what_is_not_theirs_is_not_found(whose: str, client: TestClient, ts_tenants: Tenants) -> None:
    phone = ts_tenants.ada.devices[1].id if whose == "somebody else's" else uuid4()
    found = client.post(f"/phones/{phone}/notes", json={"body": "?"}, headers=as_customer(ts_tenants.bob.id))

    assert (found.status_code, found.json()) == (404, {"detail": "NotFound"})


@pytest.mark.parametrize(("body", "error"), [("", "NotAllowed"), ("\0", "InvalidParameter")])
def test_what_the_table_or_no_query_takes_is_the_askers_mistake(
    body: str, error: str, client: TestClient, ts_tenants: Tenants
) -> None:
    ada = ts_tenants.ada
    found = client.post(f"/phones/{ada.devices[0].id}/notes", json={"body": body}, headers=as_customer(ada.id))

    assert (found.status_code, found.json()) == (422, {"detail": error})


def test_a_suspended_customer_is_refused(client: TestClient, ts_tenants: Tenants, ts_store: Store) -> None:
    ts_store.operator().run(customers.update_active(ts_tenants.ada.id, active=False))
    found = client.get("/phones", headers=as_customer(ts_tenants.ada.id))

    assert (found.status_code, found.json()) == (403, {"detail": "CustomerNotActive"})


def test_two_who_write_at_once_do_not_wait_for_each_other(ts_async_store: AsyncStore, ts_tenants: Tenants) -> None:
    ada, bob = ts_tenants.ada, ts_tenants.bob

    async def both() -> list[notes.Note]:
        return await asyncio.gather(
            *(
                ts_async_store.tenant(who.id).run(notes.create_for_customer(ada.devices[0].id, who.id, "mine"))
                for who in (ada, bob)
            )
        )

    assert [note.author_id for note in asyncio.run(both())] == [ada.id, bob.id]
