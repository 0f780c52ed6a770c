"""The databases are those of the labelled statements beside these."""

from tests.checking.nullability.conftest import furnished, look, versioned

__all__ = ["furnished", "look", "versioned"]
