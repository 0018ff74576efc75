"""A fault of ours in one row must stop no other row."""

from __future__ import annotations

from sqlalchemy.exc import NoResultFound

# What a mistake in our own code, or a row that it does not expect, raises. The database being away is something else.
STUMBLES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, NoResultFound)
