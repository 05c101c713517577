"""One WeChat used for several members."""

import pytest

from server.evidence.signals.session_members import check
from tests.evidence.cases import RULES, evidence, expect


@pytest.mark.parametrize(
    ("name", "members", "outcome", "message"),
    [
        ("one's own", 1, "clear", "这个微信近期只为一名队员打卡。"),
        ("two", 2, "suspect", "这个微信近期为 2 名队员打过卡。请复核是否本人打卡。"),
        ("a whole squad", 5, "suspect", "这个微信近期为 5 名队员打过卡。请复核是否本人打卡。"),
    ],
)
def test_table(name: str, members: int, outcome: str, message: str) -> None:
    facts = {"session_members": members, "limit": 1}
    expect(check(evidence(session_members=members), RULES), outcome, message, facts)
