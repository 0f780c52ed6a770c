"""The ways in which one customer has been seen to reach another's rows; each has a test of its name."""

CLASSES: tuple[str, ...] = ()
