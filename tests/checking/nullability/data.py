"""Rows for the schema of the labelled statements: none, or a few of small values, with nulls wherever they may be."""

import random
from typing import Any

from psycopg import Connection


def fill(connection: Connection[tuple[Any, ...]], chance: random.Random, size: int) -> None:
    """Fill each table by itself; of size 0 they stay empty."""
    rows = range(1, 1 + 3 * size)

    def maybe(*values: object) -> object:
        return chance.choice((None, *values))

    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO customers VALUES (%s, %s, %s)",
            [(n, chance.choice(("a", "b")), maybe(f"a{n}", f"{n}")) for n in rows if chance.random() < 0.8],
        )
        cursor.executemany(
            "INSERT INTO devices VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                (n, maybe(1, 2, 3), chance.choice(("a", "b", "")), maybe("a", ""), maybe(0, 1, 2), chance.randrange(4),
                 maybe(True, False), maybe([], ["a"], ["a", None]))
                for n in rows if chance.random() < 0.8
            ],
        )  # fmt: skip
        cursor.executemany(
            "INSERT INTO shares VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                (
                    n,
                    chance.randrange(1, 4),
                    chance.randrange(1, 4),
                    maybe("a", "b"),
                    chance.random() < 0.5,
                    maybe(0, 1, 2),
                )
                for n in rows
            ],
        )
        cursor.executemany(
            "INSERT INTO logs VALUES (%s, %s, %s)",
            [(chance.randrange(1, 4), maybe(0, 1, 2), maybe("a", "b")) for _ in rows],
        )
