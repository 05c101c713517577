"""A notice's reasons are held against what its calls were really answered."""

from typing import Any

import pytest
from flask import Flask

from server.notify import course
from tests.soak.answers import Answers, untrue

NOTICE = "its content"


@pytest.fixture
def answers() -> Answers:
    """The notice was answered 45011 once, and cut by a reset once; one call for a token 40164."""
    heard = Answers(Flask(__name__))
    heard.of[NOTICE].update(["45011", "reset"])
    heard.tokens.add("40164")
    return heard


@pytest.mark.parametrize(
    ("errors", "lie"),
    [
        (["WeChat errcode 45011: refused", None], None),
        (["WeChat errcode None: ConnectionError", course.CUT_OFF], None),
        (["WeChat errcode 40164: no token (KeyError)"], None),
        (["WeChat errcode 45011: refused"] * 2, "WeChat errcode 45011: refused"),
        (["WeChat errcode 43101: refused"], "WeChat errcode 43101: refused"),
        (["WeChat errcode None: ReadTimeout"], "WeChat errcode None: ReadTimeout"),
        (["WeChat errcode 40125: no token (KeyError)"], "WeChat errcode 40125: no token (KeyError)"),
        ([course.NO_CREDIT], course.NO_CREDIT),
    ],
)
def test_a_reason_is_true_as_often_as_there_was_cause(
    answers: Answers, errors: list[str | None], lie: str | None
) -> None:
    tries: list[Any] = [{"error": error} for error in errors]
    assert untrue(tries, "o-1", NOTICE, answers) == lie


def test_a_surprise_of_ours_is_no_reason(answers: Answers) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        untrue([{"error": "unexpected KeyError"}], "o-1", NOTICE, answers)
