"""Alembic's environment: runs on the connection it is handed."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import context

import models
from models.base import ExactDecimal, UtcDateTime


def render_item(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Our own column types are plain ones to a migration: it must not change when the code does."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, ExactDecimal):
        return "sa.BigInteger()"
    return False


def run() -> None:
    connection: sa.Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=models.Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
