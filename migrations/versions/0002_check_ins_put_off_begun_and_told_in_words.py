"""check-ins that are put off, begun, or told in words

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SOURCES = ("dialog", "words")
_NEW_SOURCE = "unchanged"


def upgrade() -> None:
    op.create_table(
        "snooze",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_for_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "member_id"],
            ["member.workspace_id", "member.id"],
            name=op.f("fk_snooze_workspace_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_snooze_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snooze")),
        sa.UniqueConstraint("member_id", "period", name=op.f("uq_snooze_member_id_period")),
    )
    op.create_table(
        "check_in_draft",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column(
            "confidence",
            sa.Enum("green", "yellow", "red", name="confidence", native_enum=False, create_constraint=True, length=20),
            nullable=True,
        ),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("working", sa.Text(), nullable=False),
        sa.Column("next_move", sa.Text(), nullable=False),
        sa.Column("blocked_by", sa.Text(), nullable=True),
        sa.Column("blocked_by_text", sa.Text(), nullable=True),
        sa.Column("wants_help", sa.Boolean(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key_result_id"],
            ["key_result.workspace_id", "key_result.id"],
            name=op.f("fk_check_in_draft_workspace_id_key_result_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "member_id"],
            ["member.workspace_id", "member.id"],
            name=op.f("fk_check_in_draft_workspace_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_check_in_draft_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_draft")),
        sa.UniqueConstraint(
            "member_id", "key_result_id", "period", name=op.f("uq_check_in_draft_member_id_key_result_id_period")
        ),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("check_in_draft", schema=None) as batch_op:
        batch_op.create_index("ix_check_in_draft_kept_until", ["kept_until"], unique=False)

    op.create_table(
        "understanding",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key_result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("period", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "saved",
                "dropped",
                "over",
                "unclear",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column(
            "confidence",
            sa.Enum("green", "yellow", "red", name="confidence", native_enum=False, create_constraint=True, length=20),
            nullable=True,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("next_move", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("not_understood", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "state = 'unclear' or key_result_id is not null", name=op.f("ck_understanding_about_something")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "key_result_id"],
            ["key_result.workspace_id", "key_result.id"],
            name=op.f("fk_understanding_workspace_id_key_result_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "member_id"],
            ["member.workspace_id", "member.id"],
            name=op.f("fk_understanding_workspace_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_understanding_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_understanding")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_understanding_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("understanding", schema=None) as batch_op:
        batch_op.create_index("ix_understanding_kept_until", ["kept_until"], unique=False)

    with rebuilt("answer", checks={"ck_answer_source": one_of("source", (*_SOURCES, _NEW_SOURCE))}) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))

    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disowned_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("disowned_words", sa.Text(), nullable=True))


def downgrade() -> None:
    answer = sa.table("answer", sa.column("source"))
    op.execute(sa.update(answer).where(answer.c.source == _NEW_SOURCE).values(source=_SOURCES[0]))
    with rebuilt("check_in", checks={}) as batch_op:
        batch_op.drop_column("disowned_words")
        batch_op.drop_column("disowned_at")

    with rebuilt("answer", checks={"ck_answer_source": one_of("source", _SOURCES)}) as batch_op:
        batch_op.drop_column("reason")

    with op.batch_alter_table("understanding", schema=None) as batch_op:
        batch_op.drop_index("ix_understanding_kept_until")

    op.drop_table("understanding")
    with op.batch_alter_table("check_in_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_check_in_draft_kept_until")

    op.drop_table("check_in_draft")
    op.drop_table("snooze")
