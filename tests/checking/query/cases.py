"""A query for each kind of finding, and what is declared of it."""

from typing import NamedTuple


class Case(NamedTuple):
    """``sql`` is the file ``orders/list.sql`` without its scope line, which says ``scope``; ``python`` declares it."""

    sql: str
    python: str
    scope: str = "operator"


_USER = "@dataclass(frozen=True, slots=True)\nclass User:\n    id: UUID\n    name: str\n\n\n"
_LIST = '_LIST = catalog.many(User, "orders/list")\n\n\ndef list_users():\n    return _LIST()\n'
_DEVICES = "SELECT d.id, d.name\nFROM devices AS d"


def _record(*fields: str, shape: str = "many") -> str:
    body = "".join(f"    {each}\n" for each in fields)
    return (
        f"@dataclass(frozen=True, slots=True)\nclass Row:\n{body}\n\n"
        f'_LIST = catalog.{shape}(Row, "orders/list")\n\n\ndef list_rows():\n    return _LIST()\n'
    )


def _taking(argument: str, annotation: str, shape: str = 'affected("orders/list")') -> str:
    return (
        f"_LIST = catalog.{shape}\n\n\n"
        f"def list_rows(\n    {argument}: {annotation},\n):\n    return _LIST({argument}={argument})\n"
    )


CASES: dict[str, Case] = {
    "refused": Case("SELECT u.id, u.nam\nFROM users AS u", _USER + _LIST),
    "refused-after-parameters": Case(
        "SELECT u.id, u.name\nFROM users AS u\nWHERE u.email = :email_of_the_user AND u.nowhere = :email_of_the_user",
        _USER + _taking("email_of_the_user", "str", 'many(User, "orders/list")'),
    ),
    "refused-without-a-type": Case(
        "SELECT :value IS NULL AS value", _taking("value", "str", 'scalar(bool, "orders/list")')
    ),
    "refused-utility": Case("NOTIFY users", _taking("x", "int").replace("x=x", "")),
    "refused-end": Case("END", _taking("x", "int").replace("x=x", "")),
    "refused-many-parameters": Case(
        "DELETE FROM users AS u\nWHERE u.email IN (:e0" + "".join(f", :e{n}" for n in range(1, 1601)) + ")",
        '_LIST = catalog.affected("orders/list")\n\n\ndef forget(**emails: str):\n    return _LIST(**emails)\n',
    ),
    "unproven": Case(
        "SELECT " + "abs(" * 800 + "1" + ")" * 800 + " AS value",
        '_LIST = catalog.scalar(int, "orders/list")\n\n\ndef value():\n    return _LIST()\n',
    ),
    "wide-and-tab": Case(
        "SELECT u.id, u.name\nFROM users AS u\n\tWHERE u.name <> '名前' AND u.nowhere = 1", _USER + _LIST
    ),
    "parameter": Case("DELETE FROM users AS u\nWHERE u.id = :user_id", _taking("user_id", "str | None")),
    "parameter-of-a-method": Case(
        "DELETE FROM users AS u\nWHERE u.id = :user_id",
        'class Users:\n    _FORGET = catalog.affected("orders/list")\n\n'
        "    def forget(self, user_id: str):\n        return self._FORGET(user_id=user_id)\n",
    ),
    "parameter-enum": Case(
        "UPDATE moods AS m\nSET mood = :mood\nWHERE m.name = 'x'", _taking("mood", 'Literal["sad", "glad"]')
    ),
    "columns-order": Case("SELECT u.name, u.id\nFROM users AS u", _USER + _LIST),
    "columns-unknown": Case("SELECT\n    u.id,\n    u.name AS nam\nFROM users AS u", _USER + _LIST),
    "columns-missing": Case("SELECT u.id\nFROM users AS u", _USER + _LIST),
    "columns-twice": Case("SELECT u.id, u.name, u.email AS name\nFROM users AS u", _USER + _LIST),
    "columns-of-affected": Case(
        "DELETE FROM users AS u\nWHERE u.id = :user_id\nRETURNING u.id", _taking("user_id", "UUID")
    ),
    "columns-none-at-all": Case(
        "SELECT\nFROM users AS u", _taking("x", "int", 'many(int, "orders/list")').replace("x=x", "")
    ),
    "columns-none-of-a-change": Case(
        "DELETE FROM users AS u\nWHERE u.id = :user_id", _taking("user_id", "UUID", 'many(UUID, "orders/list")')
    ),
    "star-table": Case("SELECT u.id, u.name\nFROM (TABLE users) AS u", _USER + _LIST),
    "nullable-parameter": Case(
        "SELECT :value::text AS value", _taking("value", "str | None", 'many(str, "orders/list")')
    ),
    "columns-of-one-value": Case(
        "SELECT count(*), max(u.created_at)\nFROM users AS u",
        '_LIST = catalog.scalar(int, "orders/list")\n\n\ndef count():\n    return _LIST()\n',
    ),
    "columns-none": Case("DELETE FROM users AS u", _USER + _LIST),
    "type": Case("SELECT m.id, m.n\nFROM moods AS m", _record("id: UUID", "n: float")),
    "type-raw": Case("SELECT m.id, m.mood\nFROM moods AS m", _record("id: UUID", "mood: str")),
    "type-literal": Case("SELECT u.id, u.role\nFROM users AS u", _record("id: UUID", 'role: Literal["admin", "user"]')),
    "type-unknown": Case("SELECT m.id, m.n\nFROM moods AS m", _record("id: UUID", "n: Nowhere")),
    "nullable": Case("SELECT u.id, u.webhook_url\nFROM users AS u", _record("id: UUID", "webhook_url: str")),
    "nullable-by-a-join": Case(
        "SELECT d.id, r.ip\nFROM devices AS d\nLEFT JOIN relay_servers AS r ON r.id = d.relay_server_id",
        _record("id: UUID", "ip: str"),
    ),
    "nullable-value": Case(
        "SELECT max(u.created_at) AS last\nFROM users AS u",
        '_LIST = catalog.scalar(datetime, "orders/list")\n\n\ndef last():\n    return _LIST()\n',
    ),
    "many-rows": Case("SELECT u.id, u.name\nFROM users AS u", _USER + _LIST.replace("many", "optional")),
    "star": Case("SELECT *\nFROM moods AS m", _record("id: UUID", "mood: bytes", "name: str | None", "n: Decimal")),
    "volatile": Case(
        "UPDATE users AS u\nSET name = u.name || random()\nWHERE u.id = :user_id", _taking("user_id", "UUID")
    ),
    "needless-not-null": Case("-- not-null: id: it is the key\nSELECT u.id, u.name\nFROM users AS u", _USER + _LIST),
    "needless-not-null-of-nothing": Case(
        "-- not-null: nam: it is\nSELECT u.id, u.name\nFROM users AS u", _USER + _LIST
    ),
    "needless-not-null-of-optional": Case(
        "-- not-null: webhook_url: it is\nSELECT u.id, u.webhook_url\nFROM users AS u",
        _record("id: UUID", "webhook_url: str | None"),
    ),
    "needless-type": Case("-- type: name: a text\nSELECT u.id, u.name\nFROM users AS u", _USER + _LIST),
    "needless-at-most-one": Case(
        "-- at-most-one: there is one admin\nSELECT u.id, u.name\nFROM users AS u\nLIMIT 1",
        _USER + _LIST.replace("many", "optional"),
    ),
    "needless-at-most-one-of-many": Case(
        "-- at-most-one: there is one admin\nSELECT u.id, u.name\nFROM users AS u", _USER + _LIST
    ),
    "needless-volatile": Case("-- volatile: it is\nSELECT u.id, u.name\nFROM users AS u", _USER + _LIST),
    "tenant": Case(
        f"{_DEVICES}\nWHERE d.customer_id = :customer_id OR d.name = 'all'",
        _USER + _taking("customer_id", "UUID", 'many(User, "orders/list")'),
        "tenant",
    ),
    "unused-query": Case("SELECT u.id, u.name\nFROM users AS u", _USER + '_LIST = catalog.many(User, "orders/list")\n'),
}

#: What is claimed with a reason, and not found.
CLAIMED: dict[str, Case] = {
    "not-null": Case(
        "-- not-null: webhook_url: every user of this service has one\nSELECT u.id, u.webhook_url\nFROM users AS u",
        _record("id: UUID", "webhook_url: str"),
    ),
    "a literal that a CHECK holds": Case(
        "-- type: role: a CHECK has these two\nSELECT u.id, u.role\nFROM users AS u",
        _record("id: UUID", 'role: Literal["admin", "user"]'),
    ),
    "type": Case(
        "-- type: mood: the pool registers a loader\nSELECT m.id, m.mood\nFROM moods AS m",
        _record("id: UUID", "mood: str"),
    ),
    "at-most-one": Case(
        "-- at-most-one: there is one admin\nSELECT u.id, u.name\nFROM users AS u WHERE u.role = 'admin'",
        _USER + _LIST.replace("many", "optional"),
    ),
    "volatile": Case(
        "-- volatile: the names are a game\nUPDATE users AS u\nSET name = u.name || random()",
        _taking("x", "int").replace("x=x", ""),
    ),
    "a null where None is an answer already": Case(
        "SELECT u.webhook_url\nFROM users AS u\nWHERE u.id = :user_id",
        _taking("user_id", "UUID", 'optional(str, "orders/list")'),
    ),
}
