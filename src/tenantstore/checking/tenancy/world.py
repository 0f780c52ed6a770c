"""What holds for a whole proof: the schema, the model in its terms, and who stands for the customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tenantstore.checking.analysis import Node, Oid, Relation, Schema, walk
from tenantstore.checking.tenancy.model import Granted, Table, TenantModel, words
from tenantstore.checking.tenancy.rows import Row, new_row

#: As many cases as are looked into for one statement.
CASES = 1000


@dataclass(frozen=True, slots=True)
class Asking:
    """What stands for the customer: a parameter by number, in a query; or functions and a setting, in a policy."""

    parameter: int | None = None
    functions: frozenset[str] = frozenset()
    setting: str | None = None


class World:
    """The model's tables are looked up by name once; those that the schema lacks are left out."""

    def __init__(self, schema: Schema, model: TenantModel, asking: Asking) -> None:
        self.schema = schema
        self.model = model
        self.asking = asking
        #: How many cases may still be looked into.
        self.cases = CASES
        self.names: dict[str, Oid] = {name: schema.names[name].oid for name in model.tables if name in schema.names}
        self.tables: dict[Oid, Table] = {oid: model.tables[name] for name, oid in self.names.items()}
        self._columns: dict[Oid, dict[str, int]] = {}
        self._granted: dict[tuple[int, Oid, Granted], Row] = {}

    def table(self, row: Row) -> Table | None:
        """What the model says of the table that a row is of."""
        return self.tables.get(row.relation.oid) if row.relation is not None else None

    def is_transparent(self, relation: Relation) -> bool:
        """Whether it is a view that the model says nothing of, to be read through."""
        return relation.kind == "v" and relation.oid not in self.tables and not relation.system

    def number(self, relation: Oid, column: str) -> int:
        """The number of a column; 0, of which nothing is ever known, where there is none of that name."""
        if relation not in self._columns:
            attributes = self.schema.relations[relation].attributes
            self._columns[relation] = {attribute.name: number for number, attribute in attributes.items()}
        return self._columns[relation].get(column, 0)

    def numbers(self, relation: Oid, columns: str) -> tuple[int, ...]:
        return tuple(self.number(relation, each) for each in words(columns))

    def pairs(self, one: Oid, columns: str, other: Oid, others: str) -> Iterator[tuple[int, int]]:
        """The columns of one table beside those of another that they are compared with."""
        return zip(self.numbers(one, columns), self.numbers(other, others), strict=True)

    def granted(self, by: Row, relation: Relation, rule: Granted) -> Row:
        """The row that a reached row names, whether or not the statement reads it."""
        return self._granted.setdefault((by.number, relation.oid, rule), new_row(relation))

    def asks(self, expression: Node) -> bool:
        """Whether the expression is what tells a policy who is asking."""
        while expression.tag in ("COERCEVIAIO", "RELABELTYPE", "NULLIFEXPR") or self._is_cast(expression):
            expression = expression.args[0] if "args" in expression.fields else expression.arg
        if expression.tag != "FUNCEXPR":
            return False
        function = self.schema.functions.get(expression.funcid)
        if function is None:
            return False
        if function.name == "current_setting" and function.schema == "pg_catalog":
            return self.asking.setting is not None and self.asking.setting in self.texts(expression)
        return not expression.args and function.name in self.asking.functions

    def texts(self, expression: Any) -> set[str]:
        """The texts that stand in an expression as constants."""
        return {
            each.constvalue[1 if each.constvalue[0] & 1 else 4 :].decode("utf-8", "replace")
            for each in walk(expression)
            if each.tag == "CONST" and not each.constisnull and self.schema.types[each.consttype].category == "S"
        }

    def _is_cast(self, expression: Node) -> bool:
        return expression.tag == "FUNCEXPR" and expression.funcformat in (1, 2) and len(expression.args or []) == 1
