"""Group messages: conversations of several people, and posts that go into them.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import rebuilt

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
ONE = "ck_delivery_one_recipient"
OLD_RECIPIENT = "(member_id is null) <> (channel_id is null)"
RECIPIENT = (
    "(case when member_id is null then 0 else 1 end) + (case when channel_id is null then 0 else 1 end)"
    " + (case when conversation_id is null then 0 else 1 end) = 1"
)


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("slack_id", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_conversation_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_conversation_workspace_id_id")),
        sa.UniqueConstraint("workspace_id", "people", name=op.f("uq_conversation_workspace_id_people")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "conversation_member",
        sa.Column("conversation_id", ROW_ID, nullable=False),
        sa.Column("member_id", ROW_ID, nullable=False),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        _within("conversation_member", "conversation_id", "conversation"),
        _within("conversation_member", "member_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_conversation_member_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_member")),
        sa.UniqueConstraint(
            "conversation_id", "member_id", name=op.f("uq_conversation_member_conversation_id_member_id")
        ),
    )
    op.create_index("ix_conversation_member_member", "conversation_member", ["workspace_id", "member_id"])
    # The check is made anew once the column is there.
    with rebuilt("delivery", checks={}) as delivery:
        delivery.add_column(sa.Column("conversation_id", ROW_ID, nullable=True))
        delivery.create_foreign_key(
            op.f("fk_delivery_workspace_id_conversation_id"),
            "conversation",
            ["workspace_id", "conversation_id"],
            ["workspace_id", "id"],
        )
    with rebuilt("delivery", checks={ONE: RECIPIENT}):
        pass


def downgrade() -> None:
    # The version before knows no such posts; what they said was said.
    ours = "select id from delivery where conversation_id is not null"
    op.execute(f"update delivery set follows_id = null where follows_id in ({ours})")  # noqa: S608 - words of our own
    op.execute(f"delete from message where delivery_id in ({ours})")  # noqa: S608
    op.execute(f"delete from delivery where about_id in ({ours})")  # noqa: S608
    op.execute("delete from delivery where conversation_id is not null")
    with rebuilt("delivery", checks={ONE: OLD_RECIPIENT}):
        pass
    with rebuilt("delivery", checks={}) as delivery:
        delivery.drop_constraint(op.f("fk_delivery_workspace_id_conversation_id"), type_="foreignkey")
        delivery.drop_column("conversation_id")
    op.drop_table("conversation_member")
    op.drop_table("conversation")


def _within(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_{table}_workspace_id_{column}"),
    )
