"""PURE: what of a company's name tells it from others, how it sounds, and by which short pieces it is found."""

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise, product

from opencc import OpenCC

# Its phrases would make 长 of 长安 read differently from 长 alone; here each character has its readings.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.pinyin_dict import pinyin_dict

# What a company is by law stands behind what it is called. The longest first.
_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "集团公司", "总公司", "公司", "集团")
_DROPPED = re.compile(r"[\W_]+")
_INITIALS = re.compile(r"[a-z]{2,6}")
_MOST_READINGS = 2  # of 长: chang, zhang; what follows is rare
_MOST_SPELLINGS = 8


def plain(text: str) -> str:
    """Simplified, of one width, in small letters, without spaces, brackets and other marks."""
    return _DROPPED.sub("", _to_simplified(unicodedata.normalize("NFKC", text)).lower())


@lru_cache(8192)  # a name that is entered is asked for it five times, and thousands are entered at once
def core(name: str) -> str:
    """The name without what it is by law: 汇川技术 of 匯川技術（集團）股份有限公司. Empty only where the name is.

    Brackets stand around what may as well stand without them: 汇川（中国）有限公司 and 汇川中国有限公司 are one name.
    """
    rest = plain(name)
    while True:
        form = next((form for form in _FORMS if rest.endswith(form) and rest != form), None)
        if form is None:
            return rest
        rest = rest.removesuffix(form)


def sound(name: str) -> str:
    """How the core is read, without tones, a syllable a character: `su zhou hui chuan ji shu`. What is close to the ear
    is equal here: 汇川 and 惠川."""
    return " ".join(readings[0] for readings in _readings(core(name)))


def pieces(name: str) -> frozenset[str]:
    """By what a name is found: two syllables in a row, and three initials in a row or the first two (`汇川` typed, or
    `hcj`). Equal words on every database, so that a search is a lookup."""
    readings = _readings(core(name))
    return frozenset(_pairs(readings)) | frozenset(_initials(readings))


def asked(text: str) -> frozenset[str]:
    """The pieces of what somebody types: initials where it is two to six letters, else syllables."""
    typed = plain(text)
    if _INITIALS.fullmatch(typed):
        spelled = frozenset(f"i{typed[n : n + 3]}" for n in range(len(typed) - 2)) or frozenset({f"^{typed}"})
        return spelled | frozenset(_pairs(_readings(typed)))
    return frozenset(_pairs(_readings(core(text))))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much of what somebody typed stands in a name, from 0 to 1: characters in their order, then sounds."""

    typed: str  # its core
    spoken: tuple[str, ...]

    @classmethod
    def to(cls, text: str) -> "Likeness":
        return cls(core(text), tuple(sound(text).split()))

    def of(self, whole: str, heard: str) -> float:
        """`whole`, `heard`: core and sound of the name."""
        if not self.typed or not whole:
            return 0.0
        if self.typed in whole or _spells(self.typed, whole):
            return 0.9 + 0.1 * min(1.0, len(self.typed) / len(whole))
        by_letter = _common(self.typed, whole) / len(self.typed)
        by_ear = _common(self.spoken, tuple(heard.split())) / len(self.spoken)
        return 0.85 * (0.6 * by_ear + 0.4 * by_letter)


def _spells(typed: str, whole: str) -> bool:
    """Whether the letters typed are initials of characters in a row."""
    if not _INITIALS.fullmatch(typed):
        return False
    letters = [{reading[0] for reading in of} for of in _readings(whole)]
    starts = range(len(letters) - len(typed) + 1)
    return any(all(a in of for a, of in zip(typed, letters[n:], strict=False)) for n in starts)


def _common(typed: Sequence[str], whole: Sequence[str]) -> int:
    """The longest common subsequence."""
    row = [0] * (len(whole) + 1)
    for one in typed:
        before = 0
        for n, other in enumerate(whole, start=1):
            before, row[n] = row[n], before + 1 if one == other else max(row[n], row[n - 1])
    return row[-1]


def _pairs(readings: list[tuple[str, ...]]) -> list[str]:
    first = [of[0] for of in readings]
    return [f"s{a} {b}" for a, b in pairwise(first)] or [f"s{a}" for a in first]


def _initials(readings: list[tuple[str, ...]]) -> set[str]:
    letters = [tuple(dict.fromkeys(reading[0] for reading in of)) for of in readings]
    threes = [letters[n : n + 3] for n in range(len(letters) - 2)]
    found = {f"i{''.join(spelled)}" for three in threes for spelled in list(product(*three))[:_MOST_SPELLINGS]}
    return found | {f"^{''.join(spelled)}" for spelled in product(*letters[:2]) if len(letters) > 1}


def _readings(text: str) -> list[tuple[str, ...]]:
    return [_reading(character) for character in text]


@cache
def _reading(character: str) -> tuple[str, ...]:
    """Without tones, the usual one first; a letter, a digit and what has no reading are read as they are."""
    known = pinyin_dict.get(ord(character))
    if known is None:
        return (character,)
    spoken = [to_normal(one).replace("ü", "v") for one in known.split(",")[:_MOST_READINGS]]
    return tuple(dict.fromkeys(spoken))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _to_simplified(text: str) -> str:
    return str(_converter().convert(text))
