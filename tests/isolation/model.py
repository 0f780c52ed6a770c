"""The rules of ownership and sharing in plain Python: what each customer may do, see and list, and what it changes.

An operation changes the model, or raises the very error that the library does. New things get the id that they are
given. Records have the fields that the model knows of, under the names of the library's records.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import psycopg.errors

from tenantstore.errors import Conflict, CustomerNotActive, NotAllowed, NotFound
from tenantstore.repositories.bandwidth import BandwidthHour, BandwidthTotal
from tenantstore.repositories.customers import CustomerStats
from tenantstore.repositories.devices import Permissions

NOTHING = Permissions(False, False, False, False)
EVERYTHING = Permissions(True, True, True, True)


@dataclass(frozen=True)
class Customer:
    id: UUID
    active: bool


@dataclass(frozen=True)
class Device:
    id: UUID
    name: str
    description: str
    auto_rotate_minutes: int
    customer_id: UUID | None


@dataclass(frozen=True)
class Connection:
    id: UUID
    device_id: UUID
    customer_id: UUID | None
    password_hash: str | None
    password_plain: str | None
    active: bool
    bandwidth_used: int


@dataclass(frozen=True)
class DeviceShare:
    id: UUID
    device_id: UUID
    owner_id: UUID
    shared_with: UUID
    can_rename: bool
    can_manage_ports: bool
    can_download_configs: bool
    can_rotate_ip: bool


@dataclass(frozen=True)
class PairingCode:
    id: UUID
    code: str
    customer_id: UUID | None
    reassign_device_id: UUID | None
    claimed_by_device_id: UUID | None


@dataclass(frozen=True)
class DeviceCommand:
    id: UUID
    device_id: UUID
    type: str


@dataclass(frozen=True)
class RotationLink:
    id: UUID
    device_id: UUID


@dataclass(frozen=True)
class IpHistoryEntry:
    id: UUID
    device_id: UUID


@dataclass(frozen=True)
class StatusLog:
    id: UUID
    device_id: UUID


T = TypeVar("T")
OfDevice = TypeVar("OfDevice", Connection, DeviceShare, DeviceCommand, RotationLink, IpHistoryEntry, StatusLog)


class Model:
    """Tables by id, each in the order in which its rows were made."""

    def __init__(self) -> None:
        self.active: dict[UUID, bool] = {}
        self.devices: dict[UUID, Device] = {}
        self.connections: dict[UUID, Connection] = {}
        self.shares: dict[UUID, DeviceShare] = {}
        self.codes: dict[UUID, PairingCode] = {}
        self.claimed: set[UUID] = set()
        self.commands: dict[UUID, DeviceCommand] = {}
        self.links: dict[UUID, RotationLink] = {}
        self.addresses: dict[UUID, IpHistoryEntry] = {}
        self.statuses: dict[UUID, StatusLog] = {}
        self.traffic: dict[UUID, int] = {}

    # Who may do what.

    def permissions(self, me: UUID, device_id: UUID) -> Permissions | None:
        device = self.devices.get(device_id)
        if device is None:
            return None
        if device.customer_id == me:
            return EVERYTHING
        share = self.share_of(me, device_id)
        if share is None:
            return None
        return Permissions(share.can_rename, share.can_manage_ports, share.can_download_configs, share.can_rotate_ip)

    def share_of(self, me: UUID, device_id: UUID) -> DeviceShare | None:
        """The share by which they have the device, while it counts."""
        mine = [s for s in self.shares.values() if s.device_id == device_id and s.shared_with == me and self._counts(s)]
        return mine[0] if mine else None

    def _counts(self, share: DeviceShare) -> bool:
        return self.active[share.owner_id] and self.active[share.shared_with]

    def _need(self, me: UUID, device_id: UUID, permission: str | None = None) -> Device:
        """The device, if it is theirs, or shared with them with that permission."""
        if not self.active.get(me):
            raise CustomerNotActive("", "")
        device = self.devices.get(device_id)
        may = self.permissions(me, device_id)
        if device and (device.customer_id == me or (may and permission and getattr(may, permission))):
            return device
        raise NotFound("")

    def _shown(self, me: UUID, connection: Connection) -> Connection:
        """As they may read it: without passwords for a grantee who may not download."""
        may = self.permissions(me, connection.device_id)
        if may and may.can_download_configs:
            return connection
        return replace(connection, password_hash=None, password_plain=None)

    # What a customer sees. What they do not see is None, or not in the list.

    def devices_of(self, me: UUID) -> list[Device]:
        return sorted(filter(lambda d: self.permissions(me, d.id), self.devices.values()), key=lambda d: (d.name, d.id))

    def device(self, me: UUID, device_id: UUID) -> Device | None:
        return self.devices[device_id] if self.permissions(me, device_id) else None

    def connections_of(self, me: UUID) -> list[Connection]:
        return newest([self._shown(me, c) for c in self.connections.values() if c.customer_id == me])

    def connections_on(self, me: UUID, device_id: UUID) -> list[Connection]:
        seen = [self._shown(me, c) for c in on(device_id, self.connections)]
        return newest(seen) if self.permissions(me, device_id) else []

    def connection(self, me: UUID, connection_id: UUID) -> Connection | None:
        connection = self.connections.get(connection_id)
        return self._shown(me, connection) if connection and self.permissions(me, connection.device_id) else None

    def shares_seen(self, me: UUID) -> list[DeviceShare]:
        return [s for s in self.shares.values() if me == s.owner_id or (me == s.shared_with and self._counts(s))]

    def history(self, me: UUID, device_id: UUID, table: Mapping[UUID, OfDevice]) -> list[OfDevice]:
        may = self.permissions(me, device_id)
        return newest(on(device_id, table)) if may and may.can_rotate_ip else []

    def links_on(self, me: UUID, device_id: UUID) -> list[RotationLink]:
        device = self.devices.get(device_id)
        return newest(on(device_id, self.links)) if device and device.customer_id == me else []

    def total(self, me: UUID, device_id: UUID) -> BandwidthTotal | None:
        may = self.permissions(me, device_id)
        return BandwidthTotal(self.traffic.get(device_id, 0), 0) if may and may.can_rotate_ip else None

    def hours(self, me: UUID, device_id: UUID, hour_at: datetime) -> list[BandwidthHour]:
        total = self.total(me, device_id)
        return [BandwidthHour(hour_at, total.bytes_in, 0)] if total and total.bytes_in else []

    def codes_of(self, me: UUID) -> list[PairingCode]:
        return newest([c for c in self.codes.values() if c.customer_id == me])

    def stats(self, me: UUID) -> CustomerStats:
        owned = [d.id for d in self.devices.values() if d.customer_id == me]
        used = sum(c.bandwidth_used for c in self.connections.values() if c.device_id in owned)
        return CustomerStats(len(owned), sum(s.owner_id == me for s in self.shares.values()), used)

    # What a customer does.

    def rename(self, me: UUID, device_id: UUID, name: str, description: str) -> Device:
        device = self._need(me, device_id, "can_rename")
        self.devices[device_id] = replace(device, name=name, description=description)
        return self.devices[device_id]

    def auto_rotate(self, me: UUID, device_id: UUID, minutes: int) -> Device:
        device = self._need(me, device_id, "can_rotate_ip")
        self.devices[device_id] = replace(device, auto_rotate_minutes=minutes)
        return self.devices[device_id]

    def connect(self, me: UUID, device_id: UUID, password: str, id: UUID) -> Connection:
        device = self._need(me, device_id, "can_manage_ports")
        self.connections[id] = Connection(id, device_id, device.customer_id, password, password, True, 0)
        return self._shown(me, self.connections[id])

    def change_connection(self, me: UUID, connection_id: UUID, **changes: str | bool) -> Connection:
        connection = self._connection(me, connection_id)
        # mypy does not know which field has which type here.
        self.connections[connection_id] = replace(connection, **changes)  # type: ignore[arg-type]
        return self._shown(me, self.connections[connection_id])

    def disconnect(self, me: UUID, connection_id: UUID) -> Connection:
        connection = self._connection(me, connection_id)
        del self.connections[connection_id]
        return self._shown(me, connection)

    def _connection(self, me: UUID, connection_id: UUID) -> Connection:
        connection = self.connections.get(connection_id)
        self._need(me, connection.device_id if connection else connection_id, "can_manage_ports")
        return self.connections[connection_id]

    def command(self, me: UUID, device_id: UUID, type: str, id: UUID) -> DeviceCommand:
        self._need(me, device_id, "can_rotate_ip" if type == "rotate_ip" else None)
        self.commands[id] = DeviceCommand(id, device_id, type)
        return self.commands[id]

    def link(self, me: UUID, device_id: UUID, id: UUID) -> RotationLink:
        self._need(me, device_id)
        self.links[id] = RotationLink(id, device_id)
        return self.links[id]

    def unlink(self, me: UUID, link_id: UUID) -> RotationLink:
        link = self.links.get(link_id)
        self._need(me, link.device_id if link else link_id)
        return self.links.pop(link_id)

    def share(self, me: UUID, device_id: UUID, shared_with: UUID, may: Permissions, id: UUID) -> DeviceShare:
        self._need(me, device_id)
        if shared_with == me:
            raise NotAllowed("", "")
        if any(s.shared_with == shared_with for s in on(device_id, self.shares)):
            raise Conflict("")
        if shared_with not in self.active:
            raise NotFound("")
        self.shares[id] = share_row(id, device_id, me, shared_with, may)
        return self.shares[id]

    def change_share(self, me: UUID, share_id: UUID, may: Permissions) -> DeviceShare:
        share = self._share(me, share_id)
        self.shares[share_id] = share_row(share.id, share.device_id, me, share.shared_with, may)
        return self.shares[share_id]

    def revoke(self, me: UUID, share_id: UUID) -> DeviceShare:
        self._share(me, share_id)
        return self.shares.pop(share_id)

    def _share(self, me: UUID, share_id: UUID) -> DeviceShare:
        share = self.shares.get(share_id)
        self._need(me, share.device_id if share else share_id)
        return self.shares[share_id]

    def make_code(self, me: UUID, reassign_device_id: UUID | None, id: UUID, code: str) -> PairingCode:
        if not self.active.get(me):
            raise CustomerNotActive("", "")
        if reassign_device_id is not None:
            self._need(me, reassign_device_id)
        self.codes[id] = PairingCode(id, code, me, reassign_device_id, None)
        return self.codes[id]

    # What the operator does.

    def issue_code(self, customer_id: UUID | None, reassign_device_id: UUID | None, id: UUID, code: str) -> PairingCode:
        if reassign_device_id is not None and reassign_device_id not in self.devices:
            raise psycopg.errors.ForeignKeyViolation
        replaced = reassign_device_id and self.devices[reassign_device_id].customer_id
        self.codes[id] = PairingCode(id, code, customer_id or replaced, reassign_device_id, None)
        return self.codes[id]

    def claim(self, code_id: UUID, device_id: UUID) -> PairingCode:
        code = self.codes[code_id]
        if code_id in self.claimed or device_id not in self.devices:
            raise NotFound("")
        owner = code.customer_id or self.devices[device_id].customer_id
        self._hand_over(device_id, owner)
        if code.reassign_device_id and self.devices[code.reassign_device_id].customer_id == owner:
            for connection in on(code.reassign_device_id, self.connections):
                self.connections[connection.id] = replace(connection, device_id=device_id)
        self.claimed.add(code_id)
        self.codes[code_id] = replace(code, claimed_by_device_id=device_id)
        return self.codes[code_id]

    def reassign(self, device_id: UUID, customer_id: UUID | None) -> Device:
        if device_id not in self.devices:
            raise NotFound("")
        if customer_id is not None and customer_id not in self.active:
            raise psycopg.errors.ForeignKeyViolation
        self._hand_over(device_id, customer_id)
        return self.devices[device_id]

    def _hand_over(self, device_id: UUID, customer_id: UUID | None) -> None:
        """No share and no link outlives its owner; the connections are the new one's."""
        former = self.devices[device_id].customer_id
        if former == customer_id:
            return
        if former:
            self.links = without(device_id, self.links)
        self.devices[device_id] = replace(self.devices[device_id], customer_id=customer_id)
        self.shares = without(device_id, self.shares)
        for connection in on(device_id, self.connections):
            self.connections[connection.id] = replace(connection, customer_id=customer_id)

    def give(self, device_id: UUID, shared_with: UUID, may: Permissions, id: UUID) -> DeviceShare:
        if device_id not in self.devices:
            raise NotFound("")
        owner = self.devices[device_id].customer_id
        if owner is None:
            raise psycopg.errors.NotNullViolation
        if owner == shared_with:
            raise psycopg.errors.CheckViolation
        if any(s.shared_with == shared_with for s in on(device_id, self.shares)):
            raise psycopg.errors.UniqueViolation
        self.shares[id] = share_row(id, device_id, owner, shared_with, may)
        return self.shares[id]

    def equip(self, device_id: UUID, password: str, id: UUID) -> Connection:
        if device_id not in self.devices:
            raise NotFound("")
        owner = self.devices[device_id].customer_id
        self.connections[id] = Connection(id, device_id, owner, password, password, True, 0)
        return self.connections[id]

    def use(self, connection_id: UUID, bandwidth_used: int) -> Connection:
        if connection_id not in self.connections:
            raise NotFound("")
        self.connections[connection_id] = replace(self.connections[connection_id], bandwidth_used=bandwidth_used)
        return self.connections[connection_id]

    def delete(self, device_id: UUID) -> Device:
        if device_id not in self.devices:
            raise NotFound("")
        self.connections = without(device_id, self.connections)
        self.shares = without(device_id, self.shares)
        self.commands = without(device_id, self.commands)
        self.links = without(device_id, self.links)
        self.addresses = without(device_id, self.addresses)
        self.statuses = without(device_id, self.statuses)
        for code in self.codes.values():
            replaced = None if code.reassign_device_id == device_id else code.reassign_device_id
            claimed_by = None if code.claimed_by_device_id == device_id else code.claimed_by_device_id
            self.codes[code.id] = replace(code, reassign_device_id=replaced, claimed_by_device_id=claimed_by)
        return self.devices.pop(device_id)


def share_row(id: UUID, device_id: UUID, owner_id: UUID, shared_with: UUID, may: Permissions) -> DeviceShare:
    granted = may.can_rename, may.can_manage_ports, may.can_download_configs, may.can_rotate_ip
    return DeviceShare(id, device_id, owner_id, shared_with, *granted)


def on(device_id: UUID, table: Mapping[UUID, OfDevice]) -> list[OfDevice]:
    return [row for row in table.values() if row.device_id == device_id]


def without(device_id: UUID, table: Mapping[UUID, OfDevice]) -> dict[UUID, OfDevice]:
    return {row.id: row for row in table.values() if row.device_id != device_id}


def newest(rows: Iterable[T]) -> list[T]:
    return list(rows)[::-1]
