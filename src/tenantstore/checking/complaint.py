"""What a proof has to say against a query's text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """``problem`` says in one line what is wrong, ``advice`` what to do.

    ``place`` is where in the text that is sent (``Analysis.sql``): the first character and the one after the last, from
    0; None where it is about the whole. ``detail`` may have several lines, as a plan has.
    """

    code: str
    problem: str
    advice: str
    place: tuple[int, int] | None = None
    detail: str = ""
