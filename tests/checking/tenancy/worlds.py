"""Two databases in which Ada sees the same, and everything else is different."""

import random
from uuid import UUID

from psycopg import Connection


def _id(kind: int, number: int) -> UUID:
    return UUID(int=(kind << 64) + number)


ADA, BOB, CYD = (_id(1, number) for number in range(3))
#: Ada's two; Bob's, shared with her to rotate, without a permission, with passwords; and five that she does not see.
DEVICES = [_id(2, number) for number in range(10)]
_VISIBLE = DEVICES[:5]
_OWNERS = [ADA, ADA, BOB, BOB, BOB]
_FLAGS = ("can_rename", "can_rotate_ip", "can_download_configs")
_RELAYS = [_id(9, number) for number in range(2)]


class _World:
    """Rows for one database; ``same`` draws what both worlds have, ``other`` what only this one does."""

    def __init__(self, connection: Connection[object], seed: int) -> None:
        self.connection = connection
        self.same = random.Random(0)
        self.other = random.Random(seed)

    def add(self, table: str, **values: object) -> None:
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})".encode(), list(values.values()))

    def people(self) -> None:
        self.add("customers", id=ADA, name="a", email="ada@example.org", password_hash=self.other.choice("xyz"))
        for number, each in enumerate((BOB, CYD)):
            name = self.other.choice("abc")
            self.add("customers", id=each, name=name, email=f"{number}@example.org", active=self.other.random() < 0.7)
        for number, relay in enumerate(_RELAYS):
            self.add("relay_servers", id=relay, name="r", ip=f"10.0.0.{number}", location=self.other.choice("abc"))

    def devices(self) -> dict[UUID, UUID | None]:
        owners: dict[UUID, UUID | None] = dict(zip(_VISIBLE, _OWNERS, strict=True))
        for number, device in enumerate(DEVICES):
            visible = device in _VISIBLE
            rng = self.same if visible else self.other
            if not visible:
                if self.other.random() < 0.3:
                    continue
                owners[device] = self.other.choice((BOB, CYD, None))
            self.add(
                "devices", id=device, android_id=str(number), name=rng.choice("abc"), status=rng.choice("abc"),
                base_port=number, http_port=0, socks5_port=0, udp_relay_port=0, ovpn_port=0,
                customer_id=owners[device], relay_server_id=rng.choice((*_RELAYS, None)),
                auth_token=self.other.choice("xyz"),
            )  # fmt: skip
        return owners

    def shares(self, owners: dict[UUID, UUID | None]) -> None:
        given: list[tuple[str, ...]] = [
            ("can_rename", "can_rotate_ip"),
            (),
            ("can_manage_ports", "can_download_configs"),
        ]
        for number, flags in enumerate(given, 2):
            self.share(number, DEVICES[number], BOB, ADA, dict.fromkeys(flags, True))
        self.share(0, DEVICES[0], ADA, BOB, {"can_rename": True})
        self.share(1, DEVICES[1], ADA, CYD, {"suspended": True})
        for number, (device, owner) in enumerate(owners.items(), 10):
            some = {flag: self.other.random() < 0.5 for flag in _FLAGS}
            if owner in (BOB, CYD) and device not in _VISIBLE and self.other.random() < 0.6:
                self.share(number, device, owner, ADA, {**some, "suspended": True})
            if owner == BOB and self.other.random() < 0.6:
                self.share(number + 20, device, owner, CYD, some)

    def share(self, number: int, device: UUID, owner: UUID, grantee: UUID, flags: dict[str, bool]) -> None:
        self.add("device_shares", id=_id(3, number), device_id=device, owner_id=owner, shared_with=grantee, **flags)

    def belongings(self, owners: dict[UUID, UUID | None]) -> None:
        """What hangs on each device: always where Ada may see it, by chance and with other values where not."""
        for number, (device, owner) in enumerate(owners.items()):
            for copy in range(2):
                self.hang("proxy_connections", 4, number * 2 + copy, device, device in _VISIBLE, owner)
                self.hang("ip_history", 5, number * 2 + copy, device, device in (*DEVICES[:2], DEVICES[2]), owner)
                self.hang("rotation_links", 6, number * 2 + copy, device, device in DEVICES[:2], owner)
            customer = owner if owner in (ADA, BOB, CYD) else None
            rng = self.same if customer == ADA else self.other
            if customer == ADA or self.other.random() < 0.6:
                self.add(
                    "pairing_codes", id=_id(7, number), code=str(number), device_auth_token=self.other.choice("xyz"),
                    expires_at="2030-01-01", customer_id=customer, reassign_device_id=rng.choice((None, device)),
                )  # fmt: skip

    def hang(self, table: str, kind: int, number: int, device: UUID, visible: bool, owner: UUID | None) -> None:
        if not visible and self.other.random() < 0.4:
            return
        rng = self.same if visible else self.other
        values: dict[str, object] = {"id": _id(kind, number), "device_id": device}
        match table:
            case "proxy_connections":
                readable = device in (*DEVICES[:2], DEVICES[4])
                plain = (self.same if readable else self.other).choice("abc")
                values |= {"customer_id": owner, "username": rng.choice("abc"), "active": rng.random() < 0.5}
                values |= {"password_hash": "h", "password_plain": plain}
            case "ip_history":
                values |= {"ip": "10.0.0.1", "method": rng.choice("abc")}
            case _:
                values |= {"token": f"{number}", "name": rng.choice("abc")}
        self.add(table, **values)


def fill(connection: Connection[object], seed: int) -> None:
    """A world of its own for each seed, as Ada does not see it."""
    world = _World(connection, seed)
    connection.execute("SET session_replication_role = replica")
    world.people()
    owners = world.devices()
    world.shares(owners)
    world.belongings(owners)
    connection.execute("RESET session_replication_role")
    connection.execute("ANALYZE")
