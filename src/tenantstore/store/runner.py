"""The types of ``run``, ``run_all`` and ``stream``, once for callers that block and once for those that await."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar, overload

from tenantstore.queries import Statement

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


class Runner(ABC):
    """Runs statements and waits for their results."""

    __slots__ = ()

    def run(self, statement: Statement[A]) -> A:
        """Run one statement in one round trip.

        :raises NotFound: when a change or a ``one`` query touches nothing this scope may see.
        :raises ConnectionLost: when no answer came; it says whether a change may have been committed.
        """
        result: A = self._run((statement,))[0]
        return result

    @overload
    def run_all(self, a: Statement[A], b: Statement[B], /) -> tuple[A, B]: ...
    @overload
    def run_all(self, a: Statement[A], b: Statement[B], c: Statement[C], /) -> tuple[A, B, C]: ...
    @overload
    def run_all(self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], /) -> tuple[A, B, C, D]: ...
    @overload
    def run_all(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    def run_all(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], f: Statement[F], /
    ) -> tuple[A, B, C, D, E, F]: ...
    @overload
    def run_all(self, *statements: Statement[A]) -> tuple[A, ...]: ...
    def run_all(self, *statements: Statement[Any]) -> tuple[Any, ...]:
        """Run several in one round trip and one transaction: all or none; their results in order.

        One that finds nothing undoes the changes of the others; where that can be, COMMIT is a second round trip.
        """
        return self._run(statements)

    @abstractmethod
    def stream(self, statement: Statement[list[A]]) -> Iterator[A]:
        """The rows of a list one by one, through a server-side cursor: memory stays flat however many there are.

        A connection is held until the iterator is exhausted or closed.
        """

    @abstractmethod
    def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]: ...


class AsyncRunner(ABC):
    """Runs statements and awaits their results. See :class:`Runner`."""

    __slots__ = ()

    async def run(self, statement: Statement[A]) -> A:
        """See :meth:`Runner.run`."""
        result: A = (await self._run((statement,)))[0]
        return result

    @overload
    async def run_all(self, a: Statement[A], b: Statement[B], /) -> tuple[A, B]: ...
    @overload
    async def run_all(self, a: Statement[A], b: Statement[B], c: Statement[C], /) -> tuple[A, B, C]: ...
    @overload
    async def run_all(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], /
    ) -> tuple[A, B, C, D]: ...
    @overload
    async def run_all(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], /
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    async def run_all(
        self, a: Statement[A], b: Statement[B], c: Statement[C], d: Statement[D], e: Statement[E], f: Statement[F], /
    ) -> tuple[A, B, C, D, E, F]: ...
    @overload
    async def run_all(self, *statements: Statement[A]) -> tuple[A, ...]: ...
    async def run_all(self, *statements: Statement[Any]) -> tuple[Any, ...]:
        """See :meth:`Runner.run_all`."""
        return await self._run(statements)

    @abstractmethod
    def stream(self, statement: Statement[list[A]]) -> AsyncIterator[A]:
        """See :meth:`Runner.stream`."""

    @abstractmethod
    async def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]: ...
