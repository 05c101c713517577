"""The soak can fail: each promise broken by hand is noticed, and only that one."""

from dataclasses import replace

import pytest

from tests.soak.invariants import Observed, StoredCheckIn, StoredNotice, violations

DAY = (1, "chen", "2026-11-24")
WORDS = ("o-chen", "sandbox-decided", '{"phrase2": "通过"}')
GOOD = Observed(
    acknowledged={"a": "11", "b": "22"},
    reviewed=["r"],
    checkins=[StoredCheckIn("a", "11", "c1/a"), StoredCheckIn("b", "22", "c1/b"), StoredCheckIn("c", "33", "c1/c")],
    reviews=["r", "s"],
    files={"c1/a": "11", "c1/b": "22"},
    days={DAY: (2, 0)},
    recounted={DAY: (2, 0)},
    notices=[StoredNotice("review:r", "sent", WORDS), StoredNotice("review:s", "uncertain", ("o-li", "t", "{}"))],
    delivered={WORDS: 1},
)

BROKEN = {
    "a lost check-in": (
        replace(GOOD, checkins=GOOD.checkins[1:]),
        "check-in a was acknowledged and is lost",
    ),
    "a doubled check-in": (
        replace(GOOD, checkins=[*GOOD.checkins, GOOD.checkins[0]]),
        "check-in a is stored 2 times",
    ),
    "another photo": (
        replace(GOOD, acknowledged={"a": "12", "b": "22"}),
        "check-in a is stored with another photo",
    ),
    "a lost file": (
        replace(GOOD, files={"c1/a": None}),
        "photo c1/a of check-in a is missing",
    ),
    "a damaged file": (
        replace(GOOD, files={"c1/a": "10"}),
        "photo c1/a of check-in a is damaged",
    ),
    "a lost review": (
        replace(GOOD, reviews=["s"]),
        "review r was acknowledged and is lost",
    ),
    "a review nobody is told of": (
        replace(GOOD, notices=[], delivered={}),
        "review r has no notice",
    ),
    "a day not counted anew": (
        replace(GOOD, days={DAY: (0, 2)}),
        "day (1, 'chen', '2026-11-24') is stored as (0, 2), counted anew it is (2, 0)",
    ),
    "a day that was never stored": (
        replace(GOOD, days={}),
        "day (1, 'chen', '2026-11-24') is stored as None, counted anew it is (2, 0)",
    ),
    "a double message": (
        replace(GOOD, delivered={WORDS: 2}),
        f"message {WORDS} arrived 2 times, 1 sent and 0 uncertain",
    ),
    "a message sent only on paper": (
        replace(GOOD, delivered={}),
        f"message {WORDS} was recorded as sent 1 times and arrived 0 times",
    ),
    "a message nobody ordered": (
        replace(GOOD, delivered={WORDS: 1, ("o-x", "t", "{}"): 1}),
        "message ('o-x', 't', '{}') arrived 1 times, 0 sent and 0 uncertain",
    ),
    "a notice left lying": (
        replace(GOOD, notices=[*GOOD.notices, StoredNotice("flag:x", "pending", ("o-y", "t", "{}"), overdue=True)]),
        "notice flag:x is due and nobody sends it",
    ),
    "a notice enqueued twice": (
        replace(GOOD, notices=[*GOOD.notices, GOOD.notices[1]]),
        "notice review:s is in the outbox 2 times",
    ),
    "a touched audit event": (replace(GOOD, tampered=1), "1 audit events do not verify"),
    "an audit event left out": (replace(GOOD, unlinked=3), "3 audit events were never linked"),
}


def test_a_good_round_has_no_violations() -> None:
    """A check-in that was stored but never acknowledged is fine, and so is an uncertain message that arrived or not."""
    assert violations(GOOD) == []
    assert violations(replace(GOOD, delivered={WORDS: 1, ("o-li", "t", "{}"): 1})) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_named(name: str) -> None:
    seen, said = BROKEN[name]
    assert violations(seen) == [said]
