from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import devices, rotation_links
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import NewDevice
from tests.repositories.conftest import ONLOOKERS, Onlooker, may


def test_create_makes_an_unused_link(operator: Scope, shared_device: Device) -> None:
    link = operator.run(rotation_links.create(shared_device.id, "token", name="Door"))

    assert (link.device_id, link.token, link.name, link.last_used_at) == (shared_device.id, "token", "Door", None)


def test_create_refuses_a_token_that_is_taken(operator: Scope, shared_device: Device) -> None:
    operator.run(rotation_links.create(shared_device.id, "token"))

    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(rotation_links.create(shared_device.id, "token"))


def test_get_by_token_finds_the_link(operator: Scope, shared_device: Device) -> None:
    link = operator.run(rotation_links.create(shared_device.id, "token"))

    found = operator.run_all(rotation_links.get_by_token("token"), rotation_links.get_by_token("Token"))
    assert found == (link, None)


def test_lists_are_of_one_device_newest_first(
    operator: Scope, ada: TenantScope, shared_device: Device, new_device: NewDevice
) -> None:
    old, new = (operator.run(rotation_links.create(shared_device.id, each)) for each in ("old", "new"))
    operator.run(rotation_links.create(new_device(ada).id, "elsewhere"))

    assert operator.run(rotation_links.list_by_device(shared_device.id)) == [new, old]
    assert ada.run(rotation_links.list_by_device_for_customer(shared_device.id, ada.customer_id)) == [new, old]


def test_touch_stamps_the_link(operator: Scope, shared_device: Device) -> None:
    link = operator.run(rotation_links.create(shared_device.id, "token"))
    touched = operator.run(rotation_links.touch(link.id))

    assert touched.last_used_at is not None
    assert operator.run(rotation_links.get_by_token("token")) == touched


def test_delete_gives_the_link_as_it_was(operator: Scope, shared_device: Device) -> None:
    link = operator.run(rotation_links.create(shared_device.id, "token"))

    assert operator.run(rotation_links.delete(link.id)) == link
    assert operator.run(rotation_links.list_by_device(shared_device.id)) == []


@pytest.mark.parametrize("change", [rotation_links.touch, rotation_links.delete])
def test_a_change_to_no_link_is_not_found(operator: Scope, change: Callable[[UUID], Statement[Any]]) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


def test_create_for_customer_makes_an_unguessable_token(ada: TenantScope, shared_device: Device) -> None:
    links = [ada.run(rotation_links.create_for_customer(shared_device.id, ada.customer_id)) for _ in range(2)]

    assert {len(link.token) for link in links} == {43}
    assert links[0].token != links[1].token


@pytest.mark.parametrize("who", ONLOOKERS)
def test_the_owner_alone_sees_makes_and_deletes_links(
    operator: Scope, shared_device: Device, onlooker: Callable[[str], Onlooker], who: str
) -> None:
    link = operator.run(rotation_links.create(shared_device.id, "token"))
    me = onlooker(who)
    seen = me.scope.run(rotation_links.list_by_device_for_customer(shared_device.id, me.customer_id))
    makes = may(me.scope, rotation_links.create_for_customer(shared_device.id, me.customer_id, name="Door"))
    deletes = may(me.scope, rotation_links.delete_for_customer(link.id, me.customer_id))
    left = [each.name for each in operator.run(rotation_links.list_by_device(shared_device.id))]

    assert (seen, makes, deletes, left) == (
        ([link], True, True, ["Door"]) if who == "owner" else ([], False, False, [""])
    )


def test_a_repr_shows_no_token(operator: Scope, shared_device: Device) -> None:
    assert "secret" not in repr(operator.run(rotation_links.create(shared_device.id, "secret")))


def test_a_link_ends_with_the_ownership_of_who_had_it(
    operator: Scope, ada: TenantScope, bob: TenantScope, new_device: NewDevice
) -> None:
    adas, nobodys = new_device(ada), new_device()
    given = operator.run(rotation_links.create(adas.id, "given"))
    kept = operator.run(rotation_links.create(nobodys.id, "kept"))
    operator.run_all(*(devices.set_customer_id(device.id, bob.customer_id) for device in (adas, nobodys)))

    assert [operator.run(rotation_links.get_by_token(link.token)) for link in (given, kept)] == [None, kept]
