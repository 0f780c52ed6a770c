"""PostgreSQL's messages, cut out of the bytes in which they come, and what of a conversation a fault must know."""

import re
import struct
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

_COMMIT = re.compile(r"\s*(COMMIT|END)\b", re.IGNORECASE)
# How a scope enters the database: its one row is not one of the caller's.
_ENTRY = re.compile(r"\bset_config\s*\(|\btenantstore_\w*(enter|active_customer)\w*\s*\(", re.IGNORECASE)
_SYNC = None


class Message(NamedTuple):
    """A whole message. ``kind`` is its letter, or nothing for the first of a client's, which have none."""

    kind: str
    data: bytes

    @property
    def body(self) -> bytes:
        return self.data[5:]


class Messages:
    """Messages out of pieces of them. A client speaks without letters until it has said how it starts."""

    def __init__(self, lettered: bool) -> None:
        self._lettered = lettered
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """The messages that the piece completes."""
        self._bytes += piece
        while len(self._bytes) >= 5:
            start = 1 if self._lettered else 0
            length = start + int.from_bytes(self._bytes[start : start + 4])
            if len(self._bytes) < length:
                return
            data = bytes(self._bytes[:length])
            del self._bytes[:length]
            yield Message(chr(data[0]) if self._lettered else "", data)
            self._lettered |= is_start(data)


def is_start(data: bytes) -> bool:
    """Whether a message without a letter opens a session, of protocol 3."""
    return int.from_bytes(data[4:6]) == 3


def asks_for_encryption(data: bytes) -> bool:
    """Whether a message without a letter wants TLS or GSSAPI, through which nothing could be read."""
    return data[4:8] in (struct.pack("!I", 80877103), struct.pack("!I", 80877104))


class Conversation:
    """What was asked on one connection and is not answered yet. One thread feeds each side."""

    def __init__(self) -> None:
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}
        # The text of each that is to be answered, and None where a round trip ends.
        self._asked: deque[str | None] = deque()
        self._simple = False
        self._commits_in = -1
        self.round_trips_asked: int = 0
        self.round_trips: int = 0

    @property
    def commits(self) -> bool:
        """Whether the round trip that was asked for last has a COMMIT in it."""
        return self._commits_in == self.round_trips_asked - 1

    def hear_client(self, message: Message) -> bool:
        """Take what the client says; whether a round trip ends with it. Then :attr:`commits` is about that one."""
        names = message.body.split(b"\0")
        match message.kind:
            case "P":
                self._statements[names[0]] = names[1].decode("utf-8", "replace")
            case "B":
                self._portals[names[0]] = self._statements.get(names[1], "")
            case "E":
                self._ask(self._portals.get(names[0], ""))
            case "Q":
                self._simple = True
                self._ask(names[0].decode("utf-8", "replace"))
        if message.kind not in ("Q", "S"):
            return False
        self._asked.append(_SYNC)
        self.round_trips_asked += 1
        return True

    def hear_server(self, message: Message) -> None:
        """Take what the server says, after :meth:`is_row` was asked of it."""
        if message.kind in ("C", "I", "s") and not self._simple and self._asked and self._asked[0] is not _SYNC:
            self._asked.popleft()
        elif message.kind == "Z":
            # The first comes unasked, when the session has started.
            while self._asked and self._asked.popleft() is not _SYNC:
                pass
            self._simple = False
            self.round_trips += self.round_trips_asked > self.round_trips

    def is_row(self, message: Message) -> bool:
        """Whether it is a row that a caller asked for."""
        text = self._asked[0] if self._asked else None
        return message.kind == "D" and not (text and _ENTRY.search(text))

    def _ask(self, text: str) -> None:
        self._asked.append(text)
        if _COMMIT.match(text):
            self._commits_in = self.round_trips_asked
