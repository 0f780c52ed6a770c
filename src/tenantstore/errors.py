"""Everything this library raises of its own.

::

    TenantstoreError
    ├── DeclarationError            when the module that declares a query is imported
    │   ├── UnknownQuery            no such .sql file, or two of one name
    │   ├── InvalidQuery            the file's header or text is not one this library can run
    │   └── ParameterMismatch       the call and the SQL name different parameters
    ├── InvalidParameter            None, or a value no query could take, before anything is sent
    ├── ColumnMismatch              the columns the server reports are not the record's fields
    ├── NotFound                    nothing there, or nothing of theirs: the two are never told apart
    ├── TooManyRows                 a query for one row found several
    ├── Conflict                    it is there already, or something in use stands against it
    ├── NotAllowed                  this scope may not do that, or the table does not take the value
    │   └── CustomerNotActive       the customer is unknown or suspended: their scope cannot be entered
    ├── TransactionAborted          a statement in it had failed, so it was rolled back where it should have committed
    ├── PoolExhausted               no connection came in time; says who holds them and since when, or that none does
    ├── ConnectionLost              the server went away; says whether what was sent may have happened
    ├── MissingExtra                a package is not installed that this part of the library needs
    └── migrate.errors.MigrationError   the runner's branch, in its own module

Driver errors (``psycopg.Error``) pass through with their SQLSTATE, except in a tenant's scope, where what the server
says of a refused change could describe another customer's row. There, by SQLSTATE:

=============================================  ====================================================
23505 unique, 23P01 exclusion                  ``Conflict``
40P01 deadlock                                 ``Conflict``, after three tries where all was in one call
40001 serialization, 55P03 a lock              ``Conflict``
23503 foreign key, 23001 one with RESTRICT      ``NotFound``
42501 a row refused by row-level security      ``NotFound``
42501 a privilege that is missing              ``NotAllowed``
23514 a CHECK, 23502 a null                    ``NotAllowed``, its ``value_refused`` True
22001 a text too long, 22003 a number too big  the same
22P05 a character that cannot be stored        the same
other 23xxx                                    ``NotAllowed``
=============================================  ====================================================

None of these carries the driver's error, as cause, context or text.
"""

from collections.abc import Sequence


class TenantstoreError(Exception):
    """Base of every error that is this library's own. All of them pickle."""


class DeclarationError(TenantstoreError):
    """A query as declared does not fit its ``.sql`` file. ``place`` is ``file`` or ``file:line``.

    :next: mend what stands there. It is found when the module is imported, so nothing was sent.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


class UnknownQuery(DeclarationError):
    """There is no ``.sql`` file of this name, or there are two.

    :next: a query's name is its path below the catalog's folder, without ``.sql``; the text has the nearest. Where it
        is missing only when installed, the package was built without the files.
    """


class InvalidQuery(DeclarationError):
    """The file's header or text is not one that can be loaded.

    :next: mend the line that the text names: one statement a file, below a header that says whose it is.
    """


class ParameterMismatch(DeclarationError):
    """The SQL takes a parameter that the call does not give, or the other way round.

    :next: let the function give what the SQL names; the text has the nearest name.
    """


class InvalidParameter(TenantstoreError, ValueError):
    """A value that no query could take, found before anything was sent.

    :next: give a value of the annotated type; where it is a user's, tell them that it is none.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.name} {self.problem}"


class ColumnMismatch(TenantstoreError):
    """The columns that the server reports, in order, are not the fields of the record.

    :next: give the SELECT list the names and the order of the fields. ``tenantstore check`` finds it before it runs.
    """

    def __init__(self, query: str, record: str, columns: Sequence[str], fields: Sequence[str]) -> None:
        super().__init__(query, record, tuple(columns), tuple(fields))
        self.query = query
        self.record = record
        self.columns: tuple[str, ...] = tuple(columns)
        self.fields: tuple[str, ...] = tuple(fields)

    def __str__(self) -> str:
        width = max(map(len, (*self.columns, "column")))
        rows = max(len(self.columns), len(self.fields))
        columns = self.columns + ("-",) * (rows - len(self.columns))
        fields = self.fields + ("-",) * (rows - len(self.fields))
        first = next((i for i in range(rows) if columns[i] != fields[i]), None)
        lines = [f"{self.query}: the columns are not the fields of {self.record}"]
        lines.append(f"      {'column':<{width}}  field")
        for i, (column, field) in enumerate(zip(columns, fields, strict=True)):
            mark = "-->" if i == first else "   "
            lines.append(f"{mark}{i + 1:>2} {column:<{width}}  {field}".rstrip())
        lines.append("Give the one the names and the order of the other.")
        return "\n".join(lines)


class NotFound(TenantstoreError):
    """Nothing is there, or nothing that this customer may see or do.

    :next: answer as for a thing that does not exist; which of the two it is, the operator's scope can tell.
    """

    def __init__(self, query: str) -> None:
        super().__init__(query)
        self.query = query

    def __str__(self) -> str:
        return f"{self.query}: not found"


class TooManyRows(TenantstoreError):
    """A query that is declared to give one row gave ``count``.

    :next: ask by a unique key, or declare it as many. ``tenantstore check`` finds it before it runs.
    """

    def __init__(self, query: str, count: int) -> None:
        super().__init__(query, count)
        self.query = query
        self.count = count

    def __str__(self) -> str:
        return f"{self.query}: {self.count} rows where at most one was expected: ask by a unique key, or declare many"


class Conflict(TenantstoreError):
    """What was asked for stands against something that is there.

    :next: answer that it is taken, or read again and decide anew. Where it was a deadlock or a lock, the call may be
        made again as it is.
    """

    def __init__(self, query: str) -> None:
        super().__init__(query)
        self.query = query

    def __str__(self) -> str:
        return f"{self.query}: in conflict with what is there"


class NotAllowed(TenantstoreError):
    """This scope may not do that; ``what`` was asked and ``why`` it is refused.

    ``value_refused`` is True where the table does not take a value: a CHECK refuses it, it is null where there has to
    be one, or more than its column holds. Which one that was is in the server's log, not in here.

    :next: where ``value_refused``, answer that the value is none (400 or 422). Else mend the program: is it the right
        scope, and has its role the grant? ``tenantstore doctor`` says what a role lacks.
    """

    def __init__(self, what: str, why: str, value_refused: bool = False) -> None:
        super().__init__(what, why, value_refused)
        self.what = what
        self.why = why
        self.value_refused = value_refused

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class CustomerNotActive(NotAllowed):
    """The customer is unknown or suspended. Which of the two is not said.

    :next: end what acts for them; ``customers.update_active`` lets them in again.
    """


class TransactionAborted(TenantstoreError):
    """The block ended as if all were well, but a statement in it had failed: everything was rolled back.

    :next: let that statement's error leave the block, and begin the whole anew.
    """

    def __str__(self) -> str:
        return "a statement in the transaction failed, so it was rolled back; let that error leave the block"


class PoolExhausted(TenantstoreError):
    """No connection came free in ``waited_seconds``; ``holders`` says who holds what, the longest first.

    ``max_size`` is how many the pool may have, 0 where that is not known.

    :next: shorten what holds one for long, a ``transaction()`` or a ``stream``; else set ``max_size`` higher. Where
        fewer are held than that, see why the server takes no more: the log of ``psycopg.pool`` has each attempt.
    """

    def __init__(self, waited_seconds: float, holders: Sequence[str], max_size: int = 0) -> None:
        super().__init__(waited_seconds, tuple(holders), max_size)
        self.waited_seconds = waited_seconds
        self.holders: tuple[str, ...] = tuple(holders)
        self.max_size = max_size

    def __str__(self) -> str:
        if not self.holders:
            return (
                f"the server seems to be unreachable: this store holds no connection, and in {self.waited_seconds:g} s"
                " none could be had\nIs it up? The log of psycopg.pool says how each attempt to connect failed. A pool"
                " that other code shares may be used up by that."
            )
        held = "".join(f"\n  {holder}" for holder in self.holders)
        advice = "Hold them for less long, or set max_size higher."
        if len(self.holders) < self.max_size:
            advice = (
                f"That is not all of max_size, {self.max_size}: other code that shares the pool has the rest, or the"
                " server takes no more. The log of psycopg.pool says how each attempt to connect failed."
            )
        return f"no connection came free in {self.waited_seconds:g} s; held now:{held}\n{advice}"


class ConnectionLost(TenantstoreError):
    """The connection broke, or the server gave no answer in time.

    ``may_have_happened`` is False where it is certain that nothing was changed, so that the call may be made again;
    True where the server may have committed before the answer was lost.

    :next: make the call again, or look first whether what it does was done.
    """

    def __init__(self, what: str, reason: str, may_have_happened: bool) -> None:
        super().__init__(what, reason, may_have_happened)
        self.what = what
        self.reason = reason
        self.may_have_happened = may_have_happened

    def __str__(self) -> str:
        outcome, advice = "nothing was committed", "Try again."
        if self.may_have_happened:
            outcome, advice = "it may have been committed", "Look whether it was before trying again."
        return f"{self.what}: connection lost, {outcome}: {self.reason}\n{advice}"


class MissingExtra(TenantstoreError, ImportError):
    """A package that this part of the library needs cannot be imported; ``extra`` brings it.

    :next: install the extra that the text names, in the environment that the program runs in.
    """

    def __init__(self, extra: str, problem: str) -> None:
        super().__init__(extra, problem)
        self.extra = extra
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.problem}\nTo fix it: python -m pip install 'tenantstore[{self.extra}]'"
