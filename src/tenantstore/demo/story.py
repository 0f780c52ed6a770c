"""The scenes, in their order. Each has happened when it is given."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from tenantstore import Catalog, Statement, Store
from tenantstore.demo.stage import Line, Person, Scene
from tenantstore.repositories import connections, customers, device_commands, device_shares, devices, pairing_codes
from tenantstore.repositories.connections import Connection
from tenantstore.repositories.customers import CustomerStats
from tenantstore.repositories.device_shares import DeviceShare
from tenantstore.repositories.devices import Device, Permissions
from tenantstore.store import Scope

# What a service's own query might look like on a bad day.
_LIST_DEVICES = Catalog(Path(__file__).parent / "sql").many(str, "forgetful/list_devices")
_PERMISSIONS = ("can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")


def scenes(store: Store) -> Iterator[Scene]:
    """The story, from the first phone to the revoked share."""
    operator = store.operator()
    ada, bob = _join(store, "Ada"), _join(store, "Bob")
    rack_1, rack_2, attic = (_add_phone(operator, name) for name in ("Rack 1", "Rack 2", "Attic"))
    claims = [_claims(operator, phone, owner) for phone, owner in ((rack_1, ada), (rack_2, ada), (attic, bob))]
    yield Scene("Phones join the fleet, each with a pairing code", [*claims, _claims_again(operator, attic, bob)])
    yield Scene("Phones get connections", [_adds(ada, rack_1, "ada-web"), _adds(bob, attic, "bob-web")])
    yield Scene("Ada shares one phone with Bob, with one permission", _sharing(ada, bob, rack_1))
    yield Scene("What each of them sees", [*_seeing(ada, rack_1), *_seeing(bob, rack_1)])
    yield Scene("What Bob may do with Ada's phones", _trying(bob, rack_1, rack_2))
    yield Scene("What the service above may forget", _forgetting(ada, bob))
    yield Scene("Ada is suspended, and then active again", _suspending(operator, ada, bob))
    yield Scene("Ada takes the share back", _revoking(ada, bob, rack_1))


def _join(store: Store, name: str) -> Person:
    customer = store.operator().run(customers.create(name=name, email=f"{name.lower()}@example.com"))
    return Person(name, customer.id, store.tenant(customer.id))


def _add_phone(operator: Scope, name: str) -> Device:
    base_port = operator.run(devices.next_base_port())
    return operator.run(devices.create(android_id=name.lower(), name=name, base_port=base_port))


def _claims(operator: Scope, phone: Device, owner: Person) -> Line:
    expires_at = datetime.now(UTC) + timedelta(minutes=10)
    made = owner.scope.run(pairing_codes.create_for_customer(owner.id, expires_at))
    claim = pairing_codes.claim(made.code, phone.id)
    does = f"claims a code that {owner.name} made"
    return Person(phone.name, phone.id, operator).tries(does, claim, lambda _: f"belongs to {owner.name}")


def _claims_again(operator: Scope, phone: Device, owner: Person) -> Line:
    (used,) = owner.scope.run(pairing_codes.list_by_customer(owner.id))
    claim = pairing_codes.claim(used.code, phone.id)
    return Person(phone.name, phone.id, operator).tries("claims the same code again", claim, lambda _: "has it")


def _adds(person: Person, phone: Device, username: str) -> Line:
    statement = connections.create_for_customer(
        phone.id,
        person.id,
        username=username,
        password_hash="a hash",  # noqa: S106 - nobody logs in with it
        password_plain="a password",  # noqa: S106
    )
    return person.tries(f"adds {username} to {phone.name}", statement, lambda made: f"{made.username} is there")


def _sharing(ada: Person, bob: Person, phone: Device) -> list[Line]:
    def looks() -> Line:
        statement = devices.permissions_for_customer(phone.id, bob.id)
        return bob.tries(f"looks up what he may do with {phone.name}", statement, _granted)

    share = device_shares.create_for_customer(phone.id, ada.id, shared_with=bob.id, can_rename=True)
    return [looks(), ada.tries(f"shares {phone.name} with Bob", share, _granted), looks()]


def _seeing(person: Person, phone: Device) -> list[Line]:
    on_phone = connections.list_by_device_for_customer(phone.id, person.id)
    stats = customers.get_stats_for_customer(person.id)
    return [
        _lists_phones(person),
        person.tries("lists connections", connections.list_by_customer(person.id), _usernames),
        person.tries(f"lists the connections of {phone.name}", on_phone, _passwords),
        person.tries("counts phones and shares", stats, _counted),
    ]


def _trying(bob: Person, rack_1: Device, rack_2: Device) -> list[Line]:
    rotate = device_commands.create_for_customer(rack_1.id, bob.id, "rotate_ip")
    share = bob.scope.run(device_shares.get_by_device_and_customer(rack_1.id, bob.id))
    assert share is not None, "Ada gave it in the scene before"
    more = device_shares.update_for_customer(share.id, bob.id, **dict.fromkeys(_PERMISSIONS, True))
    return [
        _renames(bob, rack_1),
        _adds(bob, rack_1, "bob-too"),
        bob.tries("rotates the address of Rack 1", rotate, lambda command: command.status),
        bob.tries("gives himself the other permissions", more, _granted),
        bob.tries("looks up Rack 2, which is not shared", devices.get_by_id_for_customer(rack_2.id, bob.id), _name),
        bob.tries("looks up a phone that nobody has", devices.get_by_id_for_customer(UUID(int=0), bob.id), _name),
    ]


def _forgetting(ada: Person, bob: Person) -> list[Line]:
    return [
        bob.tries("lists phones with a query that forgot the owner", _list_devices(bob.id), ", ".join),
        bob.tries("asks for Ada's list", devices.list_by_customer(ada.id), _names),
        bob.tries("asks for the operator's list", devices.list_all(), _names),
    ]


def _list_devices(customer_id: UUID) -> Statement[list[str]]:
    return _LIST_DEVICES(customer_id=customer_id)


def _suspending(operator: Scope, ada: Person, bob: Person) -> Iterator[Line]:
    for active in (False, True):
        operator.run(customers.update_active(ada.id, active=active))
        yield Line("the operator", "makes Ada active again" if active else "suspends Ada", "done")
        yield _lists_phones(ada)
        yield _lists_phones(bob)


def _revoking(ada: Person, bob: Person, phone: Device) -> list[Line]:
    (share,) = ada.scope.run(device_shares.list_by_customer(ada.id))
    revoke = device_shares.delete_for_customer(share.id, ada.id)
    return [
        ada.tries(f"revokes the share of {phone.name}", revoke, lambda _: "done"),
        _lists_phones(bob),
        _renames(bob, phone),
    ]


def _lists_phones(person: Person) -> Line:
    return person.tries("lists phones", devices.list_by_customer(person.id), _names)


def _renames(person: Person, phone: Device) -> Line:
    name = f"{phone.name} of Ada"
    statement = devices.update_name_description_for_customer(phone.id, person.id, name=name, description="")
    return person.tries(f"renames {phone.name}", statement, lambda device: f"it is {device.name} now")


def _name(device: Device | None) -> str | None:
    return device.name if device else None


def _names(found: list[Device]) -> str:
    return ", ".join(device.name for device in found)


def _usernames(found: list[Connection]) -> str:
    return ", ".join(connection.username for connection in found)


def _passwords(found: list[Connection]) -> str:
    return ", ".join(f"{connection.username}, password: {connection.password_plain}" for connection in found)


def _counted(stats: CustomerStats | None) -> str | None:
    return f"{stats.owned_devices} and {stats.outgoing_shares}" if stats else None


def _granted(record: DeviceShare | Permissions | None) -> str | None:
    return ", ".join(name for name in _PERMISSIONS if getattr(record, name)) if record else None
