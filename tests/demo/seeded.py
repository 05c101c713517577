"""What the demo's tests look at: its tables as plain rows, without what is random by design."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from server.demo.county import Size

# 10:30 on Tuesday 24 November 2026 in China.
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
SMALL = Size(units=3, squads=3, members=9, unit_supervisors=2, months=1)

Rows = Callable[..., list]

# Ids of reviews, appeals, attestations, leave, flags, notices and audit events are drawn by the services; the rest is
# fixed.
CONTENT = (
    "SELECT * FROM counties ORDER BY id",
    "SELECT * FROM units ORDER BY county_id, id",
    "SELECT * FROM squads ORDER BY county_id, id",
    "SELECT * FROM members ORDER BY county_id, id",
    "SELECT * FROM role_grants ORDER BY county_id, id",
    "SELECT * FROM stations ORDER BY county_id, id",
    "SELECT * FROM postings ORDER BY county_id, id",
    "SELECT * FROM consents ORDER BY county_id, id",
    "SELECT * FROM policies ORDER BY county_id, id",
    "SELECT county_id, member_id, kind, starts_on, ends_on, halves, reason, state, decided_by, decided_at, answer,"
    " created_at FROM leaves ORDER BY 2, 4",
    "SELECT county_id, id, squad_id, owner_id, reported_at, stage, moved_at, next_on FROM leads ORDER BY 1, 2",
    "SELECT county_id, lead_id, kind, state, asked_at FROM lead_requests ORDER BY 1, 2",
    "SELECT * FROM lead_updates ORDER BY county_id, id",
    "SELECT county_id, lead_id, leader_id, slots, state, starts_at FROM escorts ORDER BY 1, 2",
    "SELECT county_id, month, closed_at, policy_version, waiting FROM closed_months ORDER BY 1, 2",
    "SELECT * FROM tickets ORDER BY county_id, id",
    "SELECT * FROM photos ORDER BY county_id, id",
    "SELECT * FROM checkins ORDER BY county_id, id",
    "SELECT * FROM checkin_findings ORDER BY county_id, checkin_id, code",
    "SELECT county_id, checkin_id, reviewer_id, decision, reason, created_at FROM reviews ORDER BY 2, 6",
    "SELECT county_id, checkin_id, statement, state, answer, decided_at FROM appeals ORDER BY 2",
    "SELECT county_id, member_id, attester_id, on_date, halves, reason FROM attestations ORDER BY 2, 4, 3",
    "SELECT county_id, member_id, on_date, confirmed_halves, pending_halves, excused_halves, lowers_target_halves,"
    " explanation FROM site_days ORDER BY 2, 3",
    "SELECT county_id, member_id, month, kind, message, raised_at, closed_at FROM flags ORDER BY 2, 3, 4, 6",
    "SELECT county_id, member_id, kind, dedupe_key, state FROM notices WHERE kind <> 'checkin_decided'"
    " AND kind NOT LIKE 'leave_%' AND kind NOT LIKE 'spot_%' ORDER BY 4",
    "SELECT county_id, at, action, count(*) FROM audit_events GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
)


def content(rows: Rows) -> list[list[Any]]:
    """Everything in the database that the same seed must write again."""
    return [rows(statement) for statement in CONTENT]
