"""Attestations that are taken back or set aside; approved leave that is revoked.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STANDING = sa.text("withdrawn_at IS NULL")
WITHDRAWN = (
    "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (length(withdrawal_reason) = 0)"
)
ONE_A_DAY = ["county_id", "member_id", "on_date", "attester_id"]
OF_MEMBER, BY_ATTESTER = ["county_id", "member_id", "on_date"], ["county_id", "attester_id", "created_at"]


STATES = ("pending", "approved", "rejected", "withdrawn", "revoked")
DECIDED = ("approved", "rejected", "revoked")


def upgrade() -> None:
    _leaves_know(STATES, DECIDED)
    with op.batch_alter_table("attestations") as attestations:
        attestations.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        attestations.add_column(sa.Column("withdrawn_by", sa.Uuid(), nullable=True))
        attestations.add_column(sa.Column("withdrawal_reason", sa.String(300), server_default="", nullable=False))
        attestations.create_check_constraint(op.f("ck_attestations_withdrawn_by_someone"), WITHDRAWN)
        attestations.create_foreign_key(
            op.f("fk_attestations_county_id_withdrawn_by"),
            *("members", ["county_id", "withdrawn_by"], ["county_id", "id"]),
        )
        attestations.drop_constraint(op.f("uq_attestations_county_id_member_id_on_date_attester_id"), type_="unique")
    where = {"sqlite_where": STANDING, "postgresql_where": STANDING}
    op.create_index("uq_attestations_standing", "attestations", ONE_A_DAY, unique=True, **where)
    op.create_index(op.f("ix_attestations_county_id_member_id_on_date"), "attestations", OF_MEMBER)
    op.create_index(op.f("ix_attestations_county_id_attester_id_created_at"), "attestations", BY_ATTESTER)


def downgrade() -> None:
    """Attestations that were taken back or set aside are lost, which would count again; revoked leave reads rejected."""
    op.execute("UPDATE leaves SET state = 'rejected' WHERE state = 'revoked'")
    _leaves_know(STATES[:-1], DECIDED[:-1])
    op.drop_index(op.f("ix_attestations_county_id_attester_id_created_at"), "attestations")
    op.drop_index(op.f("ix_attestations_county_id_member_id_on_date"), "attestations")
    op.drop_index("uq_attestations_standing", "attestations", sqlite_where=STANDING, postgresql_where=STANDING)
    op.execute("DELETE FROM attestations WHERE withdrawn_at IS NOT NULL")
    with op.batch_alter_table("attestations") as attestations:
        attestations.create_unique_constraint(
            op.f("uq_attestations_county_id_member_id_on_date_attester_id"), ONE_A_DAY
        )
        attestations.drop_constraint(op.f("fk_attestations_county_id_withdrawn_by"), type_="foreignkey")
        attestations.drop_constraint(op.f("ck_attestations_withdrawn_by_someone"), type_="check")
        for name in ("withdrawal_reason", "withdrawn_by", "withdrawn_at"):
            attestations.drop_column(name)


def _leaves_know(states: tuple[str, ...], decided: tuple[str, ...]) -> None:
    conditions = {
        "ck_leaves_state_known": f"state IN ({_words(states)})",
        "ck_leaves_decided_by_someone": f"state NOT IN ({_words(decided)}) OR decided_by IS NOT NULL",
    }
    with op.batch_alter_table("leaves") as leaves:
        for name, condition in conditions.items():
            leaves.drop_constraint(op.f(name), type_="check")
            leaves.create_check_constraint(op.f(name), condition)


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
