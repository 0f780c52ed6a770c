"""The facts about one query, from the server that is to run it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from tenantstore.checking import cardinality, nullability, tenancy
from tenantstore.checking.analysis import Analysis, NotAnalysed, Oid, Schema, analyse
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.query.facts import Column, Facts, OwnType, OwnTypes, Parameter, Refusal, identity
from tenantstore.checking.query.touched import touched
from tenantstore.checking.query.volatile import complaints
from tenantstore.queries import Query, Scope

T = TypeVar("T")

_ADVICE = "Write it more simply, or in two statements; where it is simple, report it to the authors of tenantstore."
# Those below came with the server.
_FIRST_OWN_OID = 16384
_LABELS = """
SELECT e.enumtypid, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
FROM pg_enum AS e
GROUP BY e.enumtypid
"""
_KINDS = {"b": "base", "d": "domain", "e": "enum", "c": "composite", "r": "range", "m": "multirange"}


class Gatherer:
    """Asks one database. The tenant model is what queries of scope tenant are held against; without one none are."""

    def __init__(self, connection: Connection[Any], model: tenancy.TenantModel | None) -> None:
        self._connection = connection
        self._model = model
        self.schema: Schema = Schema(connection)
        with connection.cursor() as cursor:
            self._labels: dict[Oid, Sequence[str]] = dict(cursor.execute(_LABELS).fetchall())

    def facts(self, query: Query[Any]) -> Facts:
        """Everything that is known of a query."""
        try:
            analysis = analyse(self._connection, query.sql)
        except NotAnalysed as error:
            return Facts(identity(query), refusal=Refusal(error.problem, error.sqlstate, error.hint, error.offset))
        except psycopg.Error:
            raise
        except Exception as error:  # of a tree of a form that nobody has met
            return Facts(identity(query), refusal=Refusal(_beyond("the analysis", error), "", _ADVICE, None))
        schema = self.schema
        beyond: list[Complaint] = []
        nothing: list[Complaint] = []
        untouched: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        bound = _tried("of one row", lambda: cardinality.at_most_one(analysis, schema), None, beyond)
        reads, writes = _tried("of what it uses", lambda: touched(analysis.tree, schema), untouched, beyond)
        # A None for one of these is refused before it is sent.
        never_null = frozenset(query.parameters.index(name) + 1 for name in query.never_none)
        unknown = (nullability.Nullability(True, "it is not analysed"),) * len(analysis.outputs)
        nulls = _tried("of nulls", lambda: nullability.columns(analysis, schema, never_null), unknown, beyond)
        scoped = _tried("of the tenant", lambda: self._tenancy(query, analysis), nothing, beyond)
        changing = _tried("of volatile functions", lambda: [*complaints(analysis, schema)], nothing, beyond)
        return Facts(
            identity(query),
            tuple(
                Parameter(name, schema.types[oid].name)
                for name, oid in zip(query.parameters, analysis.parameters, strict=True)
            ),
            tuple(
                Column(output.name, schema.types[output.type].name, found.why)
                for output, found in zip(analysis.outputs, nulls, strict=True)
            ),
            bound.why if bound else "",
            reads,
            writes,
            self._own((*analysis.parameters, *(output.type for output in analysis.outputs))),
            (*scoped, *changing, *beyond),
        )

    def policies(self) -> tuple[Complaint, ...]:
        """What the database's policies let a tenant do that the model does not, where it says whom they bind."""
        if self._model is None or self._model.role is None:
            return ()
        model, beyond = self._model, list[Complaint]()
        nothing: list[Complaint] = []
        found = _tried(
            "of the policies", lambda: tenancy.prove_policies(self._connection, self.schema, model), nothing, beyond
        )
        return (*found, *beyond)

    def _tenancy(self, query: Query[Any], analysis: Analysis) -> list[Complaint]:
        if self._model is None or query.scope is not Scope.TENANT:
            return []
        return tenancy.prove(analysis, self.schema, self._model, query.parameters)

    def _own(self, oids: Iterable[Oid]) -> OwnTypes:
        """The types among these, and those they are made of, that came with no server."""
        found: dict[str, OwnType] = {}
        waiting = [oid for oid in oids if oid]
        while waiting:
            each = self.schema.types[waiting.pop()]
            if each.category == "A" and each.element:
                waiting.append(each.element)
            elif each.name not in found and (each.kind == "d" or each.oid >= _FIRST_OWN_OID) and each.kind in _KINDS:
                of = self.schema.types[each.of].name if each.kind == "d" else ""
                found[each.name] = OwnType(_KINDS[each.kind], of, tuple(self._labels.get(each.oid, ())))  # type: ignore[arg-type]
                waiting += [each.of] if each.kind == "d" else []
        return found


def _tried(proof: str, run: Callable[[], T], otherwise: T, beyond: list[Complaint]) -> T:
    """What a proof gives. Where it fails on a statement that nobody thought of, it says so: that is not clean."""
    try:
        return run()
    except psycopg.Error:
        raise
    except Exception as error:
        beyond.append(Complaint("unproven", _beyond(f"the proof {proof}", error), _ADVICE))
        return otherwise


def _beyond(proof: str, error: Exception) -> str:
    why = "it is nested too deeply" if isinstance(error, RecursionError) else f"{type(error).__name__}: {error}"
    return f"{proof} does not get through: {why}"
