"""What sqlc's Python plugin emits for this query, written by hand after its documented output: sqlc is a Go program.

Its shape is kept: a mutable dataclass with a dict, positions for columns, a generator over SQLAlchemy Core.
"""

# ruff: noqa: UP045  the plugin writes Optional

import dataclasses
import datetime
import uuid
from collections.abc import Iterator
from typing import Optional

import sqlalchemy


@dataclasses.dataclass()
class ListByCustomerRow:
    id: uuid.UUID
    name: str
    android_id: str
    status: str
    cellular_ip: str
    wifi_ip: str
    vpn_ip: str
    carrier: Optional[str]
    network_type: Optional[str]
    battery_level: Optional[int]
    battery_charging: Optional[bool]
    signal_strength: Optional[int]
    base_port: int
    http_port: int
    socks5_port: int
    udp_relay_port: int
    ovpn_port: int
    last_heartbeat: Optional[datetime.datetime]
    app_version: Optional[str]
    device_model: Optional[str]
    android_version: Optional[str]
    description: str
    relay_server_id: Optional[uuid.UUID]
    relay_server_ip: str
    auto_rotate_minutes: int
    customer_id: Optional[uuid.UUID]
    created_at: datetime.datetime
    updated_at: datetime.datetime


LIST_BY_CUSTOMER = """-- name: list_by_customer \\:many
WITH page AS (
    (
        SELECT d.id
        FROM devices AS d
        WHERE d.customer_id = :p1 AND (d.name, d.id) > (:p2, :p3)
        ORDER BY d.name, d.id
        LIMIT :p4
    )
    UNION ALL
    (
        SELECT d.id
        FROM device_shares AS s
        INNER JOIN devices AS d ON d.id = s.device_id
        WHERE s.shared_with = :p1 AND NOT s.suspended AND (d.name, d.id) > (:p2, :p3)
        ORDER BY d.name, d.id
        LIMIT :p4
    )
)

SELECT
    d.id,
    d.name,
    d.android_id,
    d.status,
    coalesce(host(d.cellular_ip), '') AS cellular_ip,
    coalesce(host(d.wifi_ip), '') AS wifi_ip,
    coalesce(host(d.vpn_ip), '') AS vpn_ip,
    d.carrier,
    d.network_type,
    d.battery_level,
    d.battery_charging,
    d.signal_strength,
    d.base_port,
    d.http_port,
    d.socks5_port,
    d.udp_relay_port,
    d.ovpn_port,
    d.last_heartbeat,
    d.app_version,
    d.device_model,
    d.android_version,
    d.description,
    d.relay_server_id,
    coalesce(r.ip, '') AS relay_server_ip,
    d.auto_rotate_minutes,
    d.customer_id,
    d.created_at,
    d.updated_at
FROM devices AS d
LEFT JOIN relay_servers AS r ON r.id = d.relay_server_id
WHERE d.id = ANY (ARRAY (SELECT p.id FROM page AS p))
ORDER BY d.name, d.id
LIMIT :p4
"""


class Querier:
    def __init__(self, conn: sqlalchemy.engine.Connection) -> None:
        self._conn = conn

    def list_by_customer(
        self, *, customer_id: uuid.UUID, limit: Optional[int], after_name: str, after_id: uuid.UUID
    ) -> Iterator[ListByCustomerRow]:
        parameters = {"p1": customer_id, "p2": after_name, "p3": after_id, "p4": limit}
        result = self._conn.execute(sqlalchemy.text(LIST_BY_CUSTOMER), parameters)
        for row in result:
            yield ListByCustomerRow(
                id=row[0],
                name=row[1],
                android_id=row[2],
                status=row[3],
                cellular_ip=row[4],
                wifi_ip=row[5],
                vpn_ip=row[6],
                carrier=row[7],
                network_type=row[8],
                battery_level=row[9],
                battery_charging=row[10],
                signal_strength=row[11],
                base_port=row[12],
                http_port=row[13],
                socks5_port=row[14],
                udp_relay_port=row[15],
                ovpn_port=row[16],
                last_heartbeat=row[17],
                app_version=row[18],
                device_model=row[19],
                android_version=row[20],
                description=row[21],
                relay_server_id=row[22],
                relay_server_ip=row[23],
                auto_rotate_minutes=row[24],
                customer_id=row[25],
                created_at=row[26],
                updated_at=row[27],
            )
