"""The proxy: two threads a connection, one for what the client says and one for what the server says."""

import socket
import threading
from contextlib import suppress
from typing import Literal, Self, TypeAlias, get_args

import psycopg
from psycopg.conninfo import make_conninfo

from tenantstore.testing.faults.messages import Conversation, Message, Messages, asks_for_encryption

Place: TypeAlias = Literal[
    "now",
    "after Parse",
    "after Bind",
    "after Execute",
    "reply lost",
    "COMMIT sent, reply lost",
    "after the first row",
    "in mid-row",
]
_Verb: TypeAlias = Literal["cut", "stall", "vanish"]

_AFTER: dict[str, Place] = {"P": "after Parse", "B": "after Bind", "E": "after Execute"}
# A goodbye may come long after its connection was let go, and psycopg's pipeline sends a Flush behind its Sync
# where the answer has not come by then.
_ASKS_NOTHING = ("X", "H")
_PIECE = 65536
_END_SECONDS = 30.0


class Faults:
    """Listens on the loopback at ``dsn`` and passes everything on to the server, until a fault is asked for.

    Ends with its ``with`` block, every connection and thread with it. One fault waits at a time: another replaces it.
    """

    def __init__(self, dsn: str) -> None:
        # libpq itself finds the server: a DSN may leave it to a file or the environment.
        with psycopg.connect(dsn) as connection:
            host, port = connection.info.host, connection.info.port
        self._server: str | tuple[str, int] = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        own = {"host": "127.0.0.1", "hostaddr": "127.0.0.1", "port": self._listener.getsockname()[1]}
        #: The DSN that was given, by way of this proxy. Without encryption, which it could not read.
        self.dsn: str = make_conninfo(dsn, **own, sslmode="disable", gssencmode="disable")
        #: How many faults have struck.
        self.struck: int = 0
        self._armed: tuple[_Verb, Place] | None = None
        self._lines: list[_Line] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._flows.set()
        self._over = threading.Event()
        self._flushes = self._round_trips = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """:raises AssertionError: when a fault was asked for that never struck, unless the block itself failed."""
        self._over.set()
        self._flows.set()
        # A thread that waits in accept() notices a listener that is closed on no system for certain.
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._threads[0].join(_END_SECONDS)
        self._listener.close()
        with self._lock:
            lines, threads = self._lines.copy(), self._threads.copy()
        for line in lines:
            line.cut()
        for thread in threads:
            thread.join(_END_SECONDS)
        if self._armed is not None and kind is None:
            verb, place = self._armed
            raise AssertionError(f"the fault never struck: {verb} {place!r} was asked for, nothing got there")

    def cut(self, at: Place = "now") -> None:
        """End the connection that gets to that place next; now: every one."""
        self._arm("cut", at)

    def stall(self, at: Place = "now") -> None:
        """When a connection gets to that place, pass on nothing more on any, until :meth:`heal`."""
        self._arm("stall", at)

    def vanish(self, at: Place = "now") -> None:
        """Leave the connection that gets to that place next half-open for good; now: every one."""
        self._arm("vanish", at)

    def heal(self) -> None:
        """Pass on again, also what was held back, and forget a fault that has not struck."""
        self._armed = None
        self._flows.set()

    def count(self) -> tuple[int, int]:
        """Since the last count, how often clients began to speak, and how many round trips the server has answered.

        One round trip is one of each: a client that speaks twice before it listens has used two packets at least.
        A goodbye is not counted, nor a Flush that nothing precedes.
        """
        with self._lock:
            counted = self._flushes, self._round_trips
            self._flushes = self._round_trips = 0
        return counted

    def _arm(self, verb: _Verb, at: Place) -> None:
        if at not in get_args(Place):
            raise ValueError(f"there is no place {at!r}: {', '.join(map(repr, get_args(Place)))}")
        if self._over.is_set():
            raise ValueError(f"the proxy has ended: {verb} {at!r} would never strike")
        if at != "now":
            self._armed = verb, at
            return
        with self._lock:
            self.struck += 1
            lines = self._lines.copy()
        if verb == "stall":
            self._flows.clear()
        for line in lines:
            line.suffer(verb)

    def _take(self, *places: Place) -> "_Verb | None":
        """The verb of the fault that waits at one of these places, which then waits no more."""
        with self._lock:
            if self._armed is None or self._armed[1] not in places:
                return None
            verb, self._armed = self._armed[0], None
            return verb

    def _strike(self, line: "_Line", verb: _Verb) -> None:
        if verb == "stall":
            self._flows.clear()
        # First, so that whoever meets the fault finds it counted.
        with self._lock:
            self.struck += 1
        line.suffer(verb)

    def _passes(self, line: "_Line") -> bool:
        """Wait until what was said may be passed on; not at all on a connection that has vanished."""
        self._flows.wait()
        if line.vanished:
            self._over.wait()
        return not line.vanished

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._over.is_set():
                client.close()
                return
            try:
                line = _Line(client, _connect(self._server))
            except OSError:
                # As the client would see it without this: nobody answers there.
                client.close()
                continue
            threads = [
                threading.Thread(target=pump, args=[line], daemon=True) for pump in (self._upward, self._downward)
            ]
            with self._lock:
                self._lines.append(line)
                # Those of connections that are over are let go; the thread that accepts is the first of the others.
                self._threads = [*filter(threading.Thread.is_alive, self._threads), *threads]
            for thread in threads:
                thread.start()

    def _upward(self, line: "_Line") -> None:
        messages = Messages(lettered=False)
        with suppress(OSError):
            while piece := line.client.recv(_PIECE):
                for message in messages.feed(piece):
                    if not line.client_speaks and message.kind not in _ASKS_NOTHING:
                        line.client_speaks = True
                        with self._lock:
                            self._flushes += 1
                    if self._passes(line):
                        self._pass_up(line, message)
        if self._passes(line):
            line.cut()
        self._leave(line)

    def _pass_up(self, line: "_Line", message: Message) -> None:
        if message.kind == "" and asks_for_encryption(message.data):
            line.client.sendall(b"N")
            return
        if line.conversation.hear_client(message):
            places: list[Place] = ["reply lost"]
            places += ["COMMIT sent, reply lost"] * line.conversation.commits
            verb = self._take(*places)
            if verb is not None:
                line.losing = line.conversation.round_trips_asked, verb
        line.server.sendall(message.data)
        if message.kind in _AFTER and (verb := self._take(_AFTER[message.kind])):
            self._strike(line, verb)

    def _downward(self, line: "_Line") -> None:
        messages = Messages(lettered=True)
        with suppress(OSError):
            while piece := line.server.recv(_PIECE):
                line.client_speaks = False
                for message in messages.feed(piece):
                    if self._passes(line):
                        self._pass_down(line, message)
        if self._passes(line):
            line.cut()
        self._leave(line)

    def _pass_down(self, line: "_Line", message: Message) -> None:
        before = line.conversation.round_trips
        is_row = line.conversation.is_row(message)
        line.conversation.hear_server(message)
        answered = line.conversation.round_trips > before
        with self._lock:
            self._round_trips += answered
        if line.losing and line.losing[0] == before + 1:
            line.held += message.data
            if answered:
                self._strike(line, line.losing[1])
                line.losing = None
                if self._passes(line):
                    line.client.sendall(line.held)
            return
        if is_row and (verb := self._take("in mid-row")):
            half = len(message.data) // 2
            line.client.sendall(message.data[:half])
            self._strike(line, verb)
            if self._passes(line):
                line.client.sendall(message.data[half:])
            return
        line.client.sendall(message.data)
        if is_row and (verb := self._take("after the first row")):
            self._strike(line, verb)

    def _leave(self, line: "_Line") -> None:
        with self._lock:
            line.pumps -= 1
            if line.pumps == 0:
                self._lines.remove(line)
                line.close()


class _Line:
    """A client's connection and the one to the server that goes with it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.conversation = Conversation()
        self.pumps = 2
        self.client_speaks = False
        self.vanished = False
        # The round trip whose answer is lost, and by what.
        self.losing: tuple[int, _Verb] | None = None
        self.held = bytearray()

    def suffer(self, verb: _Verb) -> None:
        if verb == "cut":
            self.cut()
        elif verb == "vanish":
            self.vanished = True

    def cut(self) -> None:
        for each in (self.client, self.server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.client.close()
        self.server.close()


def _connect(server: str | tuple[str, int]) -> socket.socket:
    if isinstance(server, tuple):
        return socket.create_connection(server)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(server)
    except OSError:
        connection.close()
        raise
    return connection
