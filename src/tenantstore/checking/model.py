"""What follows from whose each row is: grants, policies, guards. The database is compared with this.

Whose each row is, and which columns are a tenant's, stands in ``ownership``; here are the same rules in the words of
the catalogs. What is SQL is written as PostgreSQL prints it, casts and brackets included, so that to compare is to
compare texts; ``{table}`` stands for the table itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.tenancy import Table as Owned

TENANT, OPERATOR = "tenantstore_tenant", "tenantstore_operator"
PUBLIC = "PUBLIC"
OWNER = "the owner of the tables"

# A privilege on the whole table, where others are on columns.
EVERY = ("*",)

Command = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True)
class Policy:
    """Which rows may be seen or changed, and which may be left behind."""

    using: str | None = None
    check: str | None = None


@dataclass(frozen=True)
class Table:
    """``tenant`` gives for each privilege the columns; what is not named is not granted."""

    owned: Owned
    policies: Mapping[Command, Policy] = field(default_factory=dict)

    @property
    def tenant(self) -> Mapping[Command, Sequence[str]]:
        owned = self.owned
        grants: dict[Command, Sequence[str]] = {
            "SELECT": owned.reads,
            "INSERT": owned.inserts,
            "UPDATE": list(owned.updates),
            "DELETE": EVERY if owned.deletes else (),
        }
        return {command: columns for command, columns in grants.items() if columns}


@dataclass(frozen=True)
class View:
    """A view that reads as the operator, whoever asks: its text, and who may read it."""

    text: str
    read_by: str


@dataclass(frozen=True)
class Function:
    """The role that a SECURITY DEFINER function runs as, and who may call it beside its owner."""

    definer: str | None = None
    executed_by: Sequence[str] = ()


# The view that stands in for a grant that a policy could not narrow.
PASSWORDS = "connection_passwords"

_ME = "tenantstore_customer_id()"


def _owner(device: str = "device_id") -> str:
    """The row's device is mine."""
    return f"(EXISTS (SELECT FROM devices d WHERE d.id = {{table}}.{device} AND d.customer_id = {_ME}))"


def _grantee(permission: str = "", also: str = "") -> str:
    """The row's device is shared with me, with that permission, and the share counts."""
    share = f"s.device_id = {{table}}.device_id AND s.shared_with = {_ME}"
    allowed = f" AND s.{permission}" if permission else ""
    return f"(EXISTS (SELECT FROM device_shares s WHERE {share}{allowed} AND NOT s.suspended{also}))"


_ROTATES = f"{_owner()} OR {_grantee('can_rotate_ip')}"
_MANAGES = f"{_owner()} OR {_grantee('can_manage_ports')}"
_SEES = f"customer_id = {_ME} OR ({_ME} = ANY (viewers))"
_TAKES_PART = f"owner_id = {_ME} OR shared_with = {_ME} AND NOT suspended"

_POLICIES: Mapping[str, Mapping[Command, Policy]] = {
    "customers": {"SELECT": Policy(f"id = {_ME}")},
    "relay_servers": {"SELECT": Policy("true")},
    "devices": {
        "SELECT": Policy(_SEES),
        "UPDATE": Policy(_SEES, f"customer_id = {_ME} OR ({_ME} = ANY (renamers)) OR ({_ME} = ANY (rotators))"),
    },
    "device_shares": {
        "SELECT": Policy(_TAKES_PART),
        "INSERT": Policy(check=f"owner_id = {_ME}"),
        "UPDATE": Policy(_TAKES_PART, f"owner_id = {_ME}"),
        "DELETE": Policy(f"owner_id = {_ME}"),
    },
    "pairing_codes": {
        "SELECT": Policy(f"customer_id = {_ME}"),
        "INSERT": Policy(
            check=f"customer_id = {_ME} AND (reassign_device_id IS NULL OR {_owner('reassign_device_id')})"
        ),
    },
    "proxy_connections": {
        "SELECT": Policy(f"customer_id = {_ME} OR {_owner()} OR {_grantee()}"),
        "INSERT": Policy(
            check="(EXISTS (SELECT FROM devices d WHERE d.id = {table}.device_id AND d.customer_id ="
            f" {{table}}.customer_id AND (d.customer_id = {_ME} OR (EXISTS (SELECT FROM device_shares s WHERE"
            f" s.device_id = d.id AND s.shared_with = {_ME} AND s.can_manage_ports AND NOT s.suspended)))))"
        ),
        "UPDATE": Policy(_MANAGES, _MANAGES),
        "DELETE": Policy(_MANAGES),
    },
    "ip_history": {"SELECT": Policy(_ROTATES)},
    "bandwidth_logs": {"SELECT": Policy(_ROTATES)},
    "device_status_logs": {"SELECT": Policy(_ROTATES)},
    "device_commands": {
        "SELECT": Policy(_ROTATES),
        "INSERT": Policy(
            check=f"{_owner()} OR " + _grantee("can_rotate_ip", " AND {table}.type::text = 'rotate_ip'::text")
        ),
    },
    "rotation_links": {"SELECT": Policy(_owner()), "INSERT": Policy(check=_owner()), "DELETE": Policy(_owner())},
}

TABLES: Mapping[str, Table] = {
    name: Table(owned, _POLICIES.get(name, {})) for name, owned in OWNERSHIP.tables.items() if name != PASSWORDS
}

SEQUENCES: Mapping[str, str] = {"devices_base_port_seq": "USAGE"}

_SETTING = "NULLIF(current_setting('tenantstore.customer_id'::text, true), ''::text)"

# Those that read as their owner.
VIEWS: Mapping[str, View] = {
    PASSWORDS: View(
        (
            "SELECT id AS connection_id, password_hash, password_plain FROM proxy_connections c"
            " WHERE (SELECT pg_has_role('tenantstore_operator'::name, 'USAGE'::text) AS pg_has_role)"
            f" OR {_owner()} OR {_grantee('can_download_configs')}"
        ).replace("{table}", "c"),
        TENANT,
    ),
    # The login role asks it, before it is anybody.
    "active_scope": View(
        f"SELECT true AS entered FROM customers c WHERE id = {_SETTING}::uuid AND active"
        " AND current_setting('role'::text) = 'tenantstore_tenant'::text",
        PUBLIC,
    ),
}

# What a function does whose body is no text between dollars, as the server prints it.
BODIES: Mapping[str, str] = {
    # Who is asking: every policy calls it.
    _ME: f"RETURN ({_SETTING})::uuid",
    "tenantstore_active_scope()": "BEGIN ATOMIC SELECT true FROM active_scope; END",
}

FUNCTIONS: Mapping[str, Function] = {
    _ME: Function(executed_by=(OPERATOR, TENANT)),
    # Called by the login role, before it is anybody.
    "tenantstore_active_scope()": Function(executed_by=(PUBLIC,)),
    "tenantstore_active_customer(uuid,boolean)": Function(OPERATOR, (PUBLIC,)),
    "tenantstore_guard_device()": Function(),
    "tenantstore_guard_child()": Function(OPERATOR),
    "tenantstore_refresh_access_lists(uuid)": Function(OPERATOR),
    "tenantstore_share_changed()": Function(OPERATOR),
    "tenantstore_share_suspended()": Function(OPERATOR),
    "tenantstore_refresh_suspended(uuid)": Function(OPERATOR),
    "tenantstore_customer_suspended()": Function(OPERATOR),
    "tenantstore_owner_changed()": Function(),
    "tenantstore_next_base_port()": Function(executed_by=(OPERATOR,)),
    "tenantstore_clear_connections(uuid)": Function(executed_by=(OPERATOR,)),
    # Only the owner of a table may make a partition of it.
    "tenantstore_ensure_bandwidth_partition(date)": Function(OWNER, (OPERATOR,)),
}

_TENANT_ONLY = (
    "row_security_active('{table}'::regclass::oid) AND NOT pg_has_role('tenantstore_operator'::name, 'USAGE'::text)"
)


def _guard(when: str, does: str, also: str = "") -> str:
    """A trigger that decides again, when the wait for a lock is over, whether a tenant may still write."""
    return f"{when} ON {{table}} FOR EACH ROW WHEN ({also}{_TENANT_ONLY}) EXECUTE FUNCTION {does}"


# By table and name, what stands after CREATE TRIGGER and the name.
TRIGGERS: Mapping[tuple[str, str], str] = {
    ("devices", "devices_tenant_guard_rename"): _guard(
        "BEFORE UPDATE OF name, description", "tenantstore_guard_device('renamers')"
    ),
    ("devices", "devices_tenant_guard_rotate"): _guard(
        "BEFORE UPDATE OF auto_rotate_minutes", "tenantstore_guard_device('rotators')"
    ),
    ("device_shares", "device_shares_tenant_guard"): _guard("BEFORE INSERT", "tenantstore_guard_child()"),
    ("proxy_connections", "proxy_connections_tenant_guard"): _guard(
        "BEFORE INSERT OR DELETE OR UPDATE", "tenantstore_guard_child('can_manage_ports')"
    ),
    ("device_commands", "device_commands_tenant_guard_rotate"): _guard(
        "BEFORE INSERT", "tenantstore_guard_child('can_rotate_ip')", "new.type::text = 'rotate_ip'::text AND "
    ),
    ("device_commands", "device_commands_tenant_guard"): _guard(
        "BEFORE INSERT", "tenantstore_guard_child()", "new.type::text <> 'rotate_ip'::text AND "
    ),
    ("rotation_links", "rotation_links_tenant_guard"): _guard("BEFORE INSERT OR DELETE", "tenantstore_guard_child()"),
    # These keep what the policies read: the access lists, and whether a share counts.
    ("device_shares", "device_shares_access_lists"): (
        "AFTER INSERT OR DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tenantstore_share_changed()"
    ),
    ("device_shares", "device_shares_suspended"): (
        "BEFORE INSERT OR UPDATE OF owner_id, shared_with ON {table} FOR EACH ROW"
        " EXECUTE FUNCTION tenantstore_share_suspended()"
    ),
    ("customers", "customers_suspended"): (
        "AFTER UPDATE OF active ON {table} FOR EACH ROW WHEN (old.active IS DISTINCT FROM new.active)"
        " EXECUTE FUNCTION tenantstore_customer_suspended()"
    ),
    ("devices", "devices_owner_changed"): (
        "AFTER UPDATE OF customer_id ON {table} FOR EACH ROW WHEN (old.customer_id IS DISTINCT FROM new.customer_id)"
        " EXECUTE FUNCTION tenantstore_owner_changed()"
    ),
}

# No row names one customer's device and another customer.
CONSTRAINTS: Mapping[tuple[str, str], str] = {
    ("device_shares", "device_shares_device_id_owner_id_fkey"): (
        "FOREIGN KEY (device_id, owner_id) REFERENCES devices(id, customer_id) ON DELETE CASCADE"
    ),
    ("device_shares", "device_shares_shared_with_check"): "CHECK (owner_id <> shared_with)",
    ("proxy_connections", "proxy_connections_device_id_customer_id_fkey"): (
        "FOREIGN KEY (device_id, customer_id) REFERENCES devices(id, customer_id) ON UPDATE CASCADE ON DELETE CASCADE"
        " NOT VALID"
    ),
}
