"""A fault of ours in one row must stop no other row."""

from __future__ import annotations

from sqlalchemy.exc import NoResultFound

from bot.services.refusals import Refused

# What a mistake in our own code, or a row that it does not expect, raises; and a refusal, where nobody is there to read
# it. The database being away is something else.
STUMBLES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, NoResultFound, Refused)
