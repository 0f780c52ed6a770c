"""A proxy between a client and the server that counts round trips, and can lose what the server says."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_LONGEST = 30.0


class Proxy:
    """Listens on the loopback and passes everything on, until told otherwise.

    ``round_trips`` counts the server's ReadyForQuery, which it says once for each Sync; ``sent`` the flushes: how often
    the client began to speak after the server had spoken. One round trip is one of each.
    """

    def __init__(self, dsn: str) -> None:
        parameters = conninfo_to_dict(dsn)
        self._target = f"{parameters['host']}/.s.PGSQL.{parameters['port']}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        host, port = self._listener.getsockname()
        # Without encryption, which it could not read.
        self.dsn = make_conninfo(dsn, host=host, port=port, sslmode="disable", gssencmode="disable")
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._losing = ""
        self._speaking = threading.Event()
        self._speaking.set()
        self.round_trips = self.sent = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.pass_on()
        self.cut()
        for thread in self._threads:
            thread.join(_LONGEST)
        assert not any(thread.is_alive() for thread in self._threads)
        for each in self._sockets:
            each.close()

    def count(self) -> tuple[int, int]:
        """The flushes and round trips since the last count."""
        counted = self.sent, self.round_trips
        self.sent = self.round_trips = 0
        return counted

    def cut_at_next_reply(self) -> None:
        """The server's next word is lost, and every connection with it."""
        self._losing = "cut"

    def stall(self) -> None:
        """The server is heard no more; the connections stay."""
        self._losing = "stall"
        self._speaking.clear()

    def pass_on(self) -> None:
        self._losing = ""
        self._speaking.set()

    def cut(self) -> None:
        """End every connection at once."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._sockets += (client, server)
            turn = _Turn()
            for pump in (self._upward, self._downward):
                thread = threading.Thread(target=pump, args=(client, server, turn))
                self._threads.append(thread)
                thread.start()

    def _upward(self, client: socket.socket, server: socket.socket, turn: "_Turn") -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if not turn.is_clients:
                    turn.is_clients = True
                    self.sent += 1
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _downward(self, client: socket.socket, server: socket.socket, turn: "_Turn") -> None:
        messages = bytearray()
        with suppress(OSError):
            while data := server.recv(65536):
                turn.is_clients = False
                messages += data
                while len(messages) >= 5 and len(messages) > (length := int.from_bytes(messages[1:5])):
                    self.round_trips += messages[0] == ord("Z")
                    del messages[: length + 1]
                if self._losing == "cut":
                    self.pass_on()
                    self.cut()
                    return
                if not self._losing:
                    client.sendall(data)
        # That the server has hung up is not heard either.
        self._speaking.wait(_LONGEST)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


class _Turn:
    is_clients = False
