"""Which row of this library's tables is whose, and what each permission of a share allows: one declaration.

Queries are proven against it, policies too, and :mod:`tenantstore.checking.model` takes the grants from it.
"""

from collections.abc import Mapping, Sequence

from tenantstore.checking.tenancy import (
    ANY,
    EVERY,
    OWNER,
    Demand,
    Granted,
    Listed,
    Named,
    Table,
    TenantModel,
    Through,
)


def _names(text: str) -> Sequence[str]:
    return text.split()


_RENAME, _PORTS, _CONFIGS, _ROTATE = _FLAGS = (
    "can_rename",
    "can_manage_ports",
    "can_download_configs",
    "can_rotate_ip",
)
_ROTATES = (Through("device_id", "devices", demands=_ROTATE),)

_TABLES: Mapping[str, Table] = {
    "users": Table(),
    "customer_auth_tokens": Table(),
    "customers": Table(
        rules=(Named("id", gives=(OWNER,)),),
        reads=_names("id name email active created_at updated_at email_verified google_email"),
    ),
    "relay_servers": Table(public=True, reads=_names("id ip")),
    "devices": Table(
        rules=(
            Named("customer_id", gives=(OWNER,)),
            Granted("device_shares", "device_id"),
            # What the policies read, and no tenant may.
            Listed("viewers"),
            Listed("renamers", gives=(_RENAME,)),
            Listed("rotators", gives=(_ROTATE,)),
        ),
        reads=_names(
            "id name android_id status cellular_ip wifi_ip vpn_ip carrier network_type battery_level"
            " battery_charging signal_strength base_port http_port socks5_port udp_relay_port ovpn_port"
            " last_heartbeat app_version device_model android_version created_at updated_at description"
            " relay_server_id auto_rotate_minutes customer_id"
        ),
        updates={"name": _RENAME, "description": _RENAME, "auto_rotate_minutes": _ROTATE, "updated_at": ANY},
    ),
    # A foreign key proves that the owner a share names is the device's, so either follows from the other.
    "device_shares": Table(
        rules=(
            Named("owner_id", gives=(OWNER,)),
            Through("device_id", "devices", demands=OWNER),
            Named("shared_with", unless=("suspended",), flags=_FLAGS),
        ),
        reads=EVERY,
        inserts=_names("device_id owner_id shared_with can_rename can_manage_ports can_download_configs can_rotate_ip"),
        makes=(Demand(OWNER),),
        updates=dict.fromkeys((*_FLAGS, "updated_at"), OWNER),
        deletes=OWNER,
        foreign=("shared_with",),
    ),
    "pairing_codes": Table(
        rules=(Named("customer_id", gives=(OWNER,)),),
        reads=_names(
            "id code claimed_by_device_id claimed_at expires_at created_by created_at relay_server_id"
            " reassign_device_id customer_id"
        ),
        inserts=_names("code device_auth_token expires_at relay_server_id reassign_device_id customer_id"),
        makes=(Demand(OWNER),),
        unguessable=("code",),
    ),
    "proxy_connections": Table(
        rules=(Through("device_id", "devices"), Named("customer_id", follows="device_id")),
        reads=_names(
            "id device_id customer_id username ip_whitelist bandwidth_limit bandwidth_used active expires_at"
            " created_at updated_at base_port http_port socks5_port proxy_type"
        ),
        inserts=_names(
            "device_id customer_id username password_hash password_plain ip_whitelist bandwidth_limit active"
            " expires_at proxy_type"
        ),
        makes=(Demand(_PORTS),),
        updates=dict.fromkeys(("active", "password_hash", "password_plain", "updated_at"), _PORTS),
        deletes=_PORTS,
    ),
    # The view that stands in for a grant: it shows a connection's passwords to whoever may download configurations.
    "connection_passwords": Table(
        rules=(Through("connection_id", "proxy_connections", demands=_CONFIGS),),
        reads=EVERY,
    ),
    "ip_history": Table(rules=_ROTATES, reads=EVERY),
    "bandwidth_logs": Table(rules=_ROTATES, reads=EVERY),
    "device_status_logs": Table(rules=_ROTATES, reads=EVERY),
    "device_commands": Table(
        rules=_ROTATES,
        reads=EVERY,
        inserts=_names("device_id type payload"),
        makes=(Demand(OWNER), Demand(_ROTATE, only={"type": "rotate_ip"})),
    ),
    "rotation_links": Table(
        rules=(Through("device_id", "devices", demands=OWNER),),
        reads=EVERY,
        inserts=_names("device_id token name"),
        makes=(Demand(OWNER),),
        deletes=OWNER,
        unguessable=("token",),
    ),
}

OWNERSHIP = TenantModel(
    _TABLES,
    asks=("tenantstore_customer_id",),
    setting="tenantstore.customer_id",
    role="tenantstore_tenant",
)
