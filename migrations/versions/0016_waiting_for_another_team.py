"""Key results that wait for another team, and what that team says.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.rebuild import one_of, rebuilt

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STATES = ("asked", "accepted", "refused", "dated")
OLD_POSTS = (
    *("introduction", "prompt", "escalation", "escalation_reply", "escalation_ask", "escalation_news", "lead_note"),
    *("digest", "digest_details", "admin_notice", "reminder", "away_news", "hand_over", "hand_over_news", "ownerless"),
    *("prompt_again", "not_mine", "answer_corrected", "understanding", "escalation_review", "question"),
)
NEW_POSTS = ("dependency", "dependency_reply", "dependency_news")


def upgrade() -> None:
    op.create_table(
        "dependency",
        sa.Column("blocker_id", ROW_ID, nullable=False),
        sa.Column("key_result_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("asked_id", ROW_ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answered_by_id", ROW_ID, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("workspace_id", ROW_ID, nullable=False),
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.CheckConstraint(one_of("state", STATES), name=op.f("ck_dependency_state")),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at is null) and (answered_at is null) = (answered_by_id is null)"
            " and (answered_at is null) = (revision = 0)",
            name=op.f("ck_dependency_asked_or_answered"),
        ),
        sa.CheckConstraint("(state = 'dated') = (due_on is not null)", name=op.f("ck_dependency_dated_has_a_day")),
        sa.CheckConstraint(
            "(state = 'refused') = (reason is not null) and (reason is null or reason <> '')",
            name=op.f("ck_dependency_refused_has_a_reason"),
        ),
        _within("blocker_id", "blocker"),
        _within("key_result_id", "key_result"),
        _within("team_id", "team"),
        _within("asked_id", "member"),
        _within("answered_by_id", "member"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("fk_dependency_workspace_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dependency")),
        sa.UniqueConstraint("blocker_id", name=op.f("uq_dependency_blocker_id")),
        sa.UniqueConstraint("workspace_id", "id", name=op.f("uq_dependency_workspace_id_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dependency_key_result", "dependency", ["workspace_id", "key_result_id"])
    op.create_index("ix_dependency_team", "dependency", ["workspace_id", "team_id"])
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", (*OLD_POSTS, *NEW_POSTS))}) as delivery:
        delivery.add_column(sa.Column("dependency_id", ROW_ID, nullable=True))
        delivery.create_foreign_key(
            op.f("fk_delivery_workspace_id_dependency_id"),
            "dependency",
            ["workspace_id", "dependency_id"],
            ["workspace_id", "id"],
        )


def downgrade() -> None:
    # The version before knows nothing of these; what they told was told.
    kinds = ", ".join(f"'{kind}'" for kind in NEW_POSTS)
    _forget_deliveries(f"kind in ({kinds})")
    with rebuilt("delivery", checks={"ck_delivery_kind": one_of("kind", OLD_POSTS)}) as delivery:
        delivery.drop_constraint(op.f("fk_delivery_workspace_id_dependency_id"), type_="foreignkey")
        delivery.drop_column("dependency_id")
    op.drop_table("dependency")


def _forget_deliveries(which: str) -> None:
    op.execute(f"delete from message where delivery_id in (select id from delivery where {which})")  # noqa: S608 - words of our own
    op.execute(f"delete from delivery where about_id in (select id from delivery where {which})")  # noqa: S608
    op.execute(f"delete from delivery where {which}")  # noqa: S608


def _within(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column],
        [f"{other}.workspace_id", f"{other}.id"],
        name=op.f(f"fk_dependency_workspace_id_{column}"),
    )
