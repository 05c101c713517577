"""A day in one word."""

import pytest

from server.tally.states import state_of


@pytest.mark.parametrize(
    ("rule", "confirmed", "pending", "away", "rejected", "word"),
    [
        ("a whole day", 2, 0, 0, 0, "accepted"),
        ("half a day, whatever became of the other half", 1, 1, 0, 0, "half"),
        ("waiting counts against nobody", 0, 2, 0, 2, "review"),
        ("leave beside a rejection is leave", 0, 0, 1, 2, "excused"),
        ("rejected", 0, 0, 0, 1, "rejected"),
        ("nothing", 0, 0, 0, 0, "none"),
    ],
)
def test_the_word(rule: str, confirmed: int, pending: int, away: int, rejected: int, word: str) -> None:
    assert state_of(confirmed, pending, away, rejected) == word
