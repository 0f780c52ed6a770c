"""SQLAlchemy 2 on psycopg: Core's rows, the ORM's entities, and what sqlc's Python plugin generates on top of Core.

The text is the same, by ``text()``. The ORM gets a new session each time, as a request does: one that still holds the
entities would not make them again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import Boolean, DateTime, Integer, String, Uuid

from benchmarks.peers import QUERY, Given, generated
from tenantstore.queries import CATALOG
from tenantstore.repositories.devices import Device

ORM = "SQLAlchemy ORM"

_TYPES: dict[Any, Any] = {UUID: Uuid, str: String, int: Integer, bool: Boolean}


class _Base(DeclarativeBase):
    pass


def _columns() -> dict[str, Any]:
    columns = {}
    for each in fields(Device):
        kind = next((column for python, column in _TYPES.items() if python.__name__ in str(each.type)), None)
        columns[each.name] = mapped_column(kind() if kind else DateTime(timezone=True), primary_key=each.name == "id")
    return columns


Entity: Any = type("Entity", (_Base,), {"__tablename__": "devices", **_columns()})


@contextmanager
def calls(dsn: str, given: Given) -> Iterator[dict[str, Callable[[], Any]]]:
    statement = text(_escaped(CATALOG.source(QUERY)))
    entities = statement.columns(*Entity.__table__.columns)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        querier = generated.Querier(connection)

        def core() -> Any:
            return connection.execute(statement, given).all()

        def orm() -> Any:
            with Session(bind=connection) as session:
                return session.scalars(select(Entity).from_statement(entities), given).all()

        def sqlc() -> Any:
            return list(querier.list_by_customer(**given))

        yield {"SQLAlchemy Core": core, ORM: orm, "as sqlc generates it": sqlc}
    engine.dispose()


def _escaped(source: Any) -> str:
    """The text with ``:name`` for its parameters; SQLAlchemy leaves ``::`` alone."""
    sql: str = source.sql
    for number, parameter in reversed(list(enumerate(source.parameters, 1))):
        sql = sql.replace(f"${number}", f":{parameter}")
    return sql
