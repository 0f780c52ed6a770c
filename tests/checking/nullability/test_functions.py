"""The server's own functions that are trusted to give a value, called with values from the edges."""

import os
import random
from itertools import product

import pytest

from tenantstore.checking.analysis import Function, Schema
from tenantstore.checking.nullability import calls
from tests.checking.nullability.arguments import literals
from tests.checking.nullability.conftest import Look

_EACH = 400 if os.environ.get("TENANTSTORE_SOAK") else 30
_TRY = """
CREATE SEQUENCE numbers;
CREATE FUNCTION gives(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT %s IS NOT DISTINCT FROM NULL', expression) INTO found;
    RETURN CASE WHEN found THEN 'null' ELSE 'value' END;
EXCEPTION WHEN OTHERS THEN
    RETURN 'error';
END $$;
"""
_ASK = "SELECT e, gives(e) FROM unnest(%s::text[]) AS e"


@pytest.fixture
def trial(look: Look) -> Look:
    """A connection on which functions can be tried."""
    look.execute(_TRY)
    return look


def calls_of(schema: Schema, function: Function, chance: random.Random) -> list[str]:
    """Calls of a function with values from the edges, at most ``_EACH`` of them."""
    choices = [literals(schema.types[oid].name) for oid in function.arguments]
    if not all(choices):
        return []
    found = [f'pg_catalog."{function.name}"({", ".join(each)})' for each in product(*choices)]
    return found if len(found) <= _EACH else chance.sample(found, _EACH)


def test_no_function_that_is_trusted_gives_null(trial: Look) -> None:
    schema, chance = Schema(trial), random.Random(1)
    trusted = [each for each in schema.functions.values() if each.kind == "f" and calls.is_total(schema, each)]
    gave: dict[str, set[str]] = {}
    nulls = []

    for function in trusted:
        asked = calls_of(schema, function, chance)
        for expression, outcome in trial.execute(_ASK, [asked]).fetchall():
            gave.setdefault(calls.signature(schema, function), set()).add(outcome)
            nulls += [expression] if outcome == "null" else []

    tried = sum("value" in outcomes for outcomes in gave.values())
    assert (nulls, tried > 0.9 * len(trusted)) == ([], True), f"{tried} of {len(trusted)} gave a value"


# Strict, and null for what is not there: none of them is trusted, and each would be noticed.
_NULLS = [
    "jsonb_object_field('{}'::jsonb, 'a')",
    "jsonb_array_element('[]'::jsonb, 0)",
    "regexp_match('a', 'b')",
    "\"substring\"('a', 'b')",
    "to_regclass('nothing')",
    "array_length('{}'::integer[], 1)",
    "lower('empty'::int4range)",
    "date_part('month', 'infinity'::timestamp)",
    "to_char('infinity'::timestamp, 'YYYY')",
    "scale('NaN'::numeric)",
]


def test_a_strict_function_that_gives_null_is_noticed(trial: Look) -> None:
    assert trial.execute(_ASK, [_NULLS]).fetchall() == [(expression, "null") for expression in _NULLS]
