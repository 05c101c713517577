"""Kinds of input that several routes share."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

# PostgreSQL refuses NUL in text, and no control character but the line break belongs into a sentence.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def _plain(text: str) -> str:
    return _CONTROLS.sub("", text).strip()


def _said(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


# What a person writes: control characters and surrounding space removed, possibly nothing.
Remark = Annotated[str, AfterValidator(_plain)]
# The same, and there must be something in it.
Sentence = Annotated[str, AfterValidator(_plain), AfterValidator(_said)]
# A name: one line, not empty.
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _of_our_time(at: datetime) -> datetime:
    if not 1970 <= at.year <= 9000:
        raise ValueError("no time that a phone ever showed")
    return at


# An instant that can be moved by hours and zones without leaving the calendar.
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
# A year of 1 or 9999 is a slip of the finger, not a date that anybody plans for.
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


def word_for(words: Mapping[str, str], said: str = "") -> AfterValidator:
    """A word that stands for a code; `said` is what the words are called where listing them all says too much."""

    def code(word: str) -> str:
        if word not in words:
            raise PydanticCustomError("word_unknown", "not one of the words", {"said": said or f"：{'、'.join(words)}"})
        return words[word]

    return AfterValidator(code)
