"""Changes that may happen on an island, each drawn for one of its phones and one of its people."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from tenantstore.queries import Statement
from tenantstore.repositories import bandwidth, connections, customers, device_shares, devices
from tenantstore.repositories.bandwidth import NewBandwidthLog
from tenantstore.repositories.devices import Heartbeat, Permissions
from tests.isolation.fleet import HOUR, NOBODY, granted
from tests.isolation.model import Customer, Model, on

LINES = 8


@dataclass(frozen=True)
class Step:
    """A change: who makes it, None for the operator; the statement; what it does to a model, given the id that it made.

    ``makes``: whether there is such an id.
    """

    me: UUID | None
    statement: Statement[Any]
    expect: Callable[[Model, UUID], Any]
    makes: bool = False


def rename(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    name, description = random.choice(["", "a", "b"]), str(random.random())
    change = devices.update_name_description_for_customer(phone, me, name, description)
    return Step(me, change, lambda model, _: model.rename(me, phone, name, description))


def share(known: Model, random: Random, phone: UUID, to: UUID) -> Step:
    me, may = _owner_or(known, random, phone, to), _permissions(random)
    create = device_shares.create_for_customer(phone, me, to, **granted(may))
    return Step(me, create, lambda model, id: model.share(me, phone, to, may, id), makes=True)


def change_share(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    share_id, me, may = _share_of(known, random, phone), _owner_or(known, random, phone, me), _permissions(random)
    update = device_shares.update_for_customer(share_id, me, **granted(may))
    return Step(me, update, lambda model, _: model.change_share(me, share_id, may))


def revoke(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    share_id, me = _share_of(known, random, phone), _owner_or(known, random, phone, me)
    return Step(me, device_shares.delete_for_customer(share_id, me), lambda model, _: model.revoke(me, share_id))


def suspend_or_lift(known: Model, random: Random, phone: UUID, who: UUID) -> Step:
    active = random.random() < 0.7

    def change(model: Model, _: UUID) -> Customer:
        model.active[who] = active
        return Customer(who, active)

    return Step(None, customers.update_active(who, active), change)


def connect(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    new = f"password {random.random()}"
    if len(known.connections) >= LINES:
        line = random.choice(list(known.connections))
        delete = connections.delete_for_customer(line, me)
        return Step(me, delete, lambda model, _: model.disconnect(me, line))
    create = connections.create_for_customer(phone, me, "user", new, new)
    return Step(me, create, lambda model, id: model.connect(me, phone, new, id), makes=True)


def set_password(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    line, new = random.choice([*known.connections, NOBODY]), f"password {random.random()}"
    update = connections.update_password_for_customer(line, me, new, new)
    change = {"password_hash": new, "password_plain": new}
    return Step(me, update, lambda model, _: model.change_connection(me, line, **change))


def reassign(known: Model, random: Random, phone: UUID, to: UUID) -> Step:
    return Step(None, devices.set_customer_id(phone, to), lambda model, _: model.reassign(phone, to))


def report(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    """Every phone at once; of none the model knows what a heartbeat changes."""
    reports = [Heartbeat(each, battery_level=random.randrange(100)) for each in known.devices]
    return Step(None, devices.update_heartbeats(reports), lambda model, _: len(model.devices))


def log(known: Model, random: Random, phone: UUID, me: UUID) -> Step:
    logs = [NewBandwidthLog(each, random.randrange(1000), 0, HOUR, HOUR) for each in known.devices]

    def note(model: Model, _: UUID) -> int:
        for each in logs:
            model.traffic[each.device_id] = model.traffic.get(each.device_id, 0) + each.bytes_in
        return len(logs)

    return Step(None, bandwidth.create_many(logs), note)


STEPS: dict[Callable[[Model, Random, UUID, UUID], Step], int] = {
    rename: 4,
    share: 4,
    change_share: 3,
    revoke: 3,
    suspend_or_lift: 3,
    connect: 3,
    set_password: 2,
    reassign: 1,
    report: 1,
    log: 1,
}


def _owner_or(known: Model, random: Random, phone: UUID, anybody: UUID) -> UUID:
    """The owner mostly, lest most of what happens be refused."""
    owner = known.devices[phone].customer_id
    return owner if owner and random.random() < 0.8 else anybody


def _share_of(known: Model, random: Random, phone: UUID) -> UUID:
    return random.choice([*(each.id for each in on(phone, known.shares)), NOBODY])


def _permissions(random: Random) -> Permissions:
    return Permissions(*(random.random() < 0.5 for _ in range(4)))
