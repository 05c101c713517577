"""Any bytes sent with the honest check-in of tests/evidence/cases.py: read, judged, and made ready to store."""

import json

from server.checkins import serialize
from server.evidence.decide import judge
from server.evidence.types import Evidence, ExifFacts, Outcome
from server.photos import container, exif
from server.photos.read import read
from server.photos.refusal import PhotoUnreadable
from tests.evidence.cases import RULES, evidence


def look(data: bytes) -> str:
    """`read`, or the code of the refusal. Any error but PhotoUnreadable, here or in a signal, passes through."""
    try:
        facts = read(data).exif
    except PhotoUnreadable as refused:
        return refused.code
    assert_storable(facts)
    return "read"


def look_at_block(block: bytes) -> str:
    """The same for an EXIF block alone, which is never refused: `facts` or `nothing`."""
    facts, _ = exif.read(block)
    assert_storable(facts)
    return "nothing" if facts == ExifFacts() else "facts"


def block_of(data: bytes) -> bytes:
    """The EXIF block of a photo; nothing where there is none, or no photo."""
    try:
        return container.walk(data).exif
    except PhotoUnreadable:
        return b""


def suspects(facts: ExifFacts) -> list[str]:
    """Code and message of everything that is called suspect."""
    return [f"{f.code}: {f.message}" for f in judge(sent(facts), RULES) if f.outcome is Outcome.SUSPECT]


def assert_storable(facts: ExifFacts) -> None:
    """What every database takes: printable texts of a few characters, and no number that JSON does not have."""
    for text in (facts.make, facts.model, facts.software):
        assert text is None or (text.isprintable() and 0 < len(text) <= 64)
    stored = serialize.to_json(sent(facts))
    findings = serialize.findings_to_json(judge(sent(facts), RULES))
    json.dumps([stored, findings], allow_nan=False, ensure_ascii=False).encode()
    assert serialize.from_json(stored).exif == facts


def sent(facts: ExifFacts) -> Evidence:
    """The honest check-in with this photo, from the phone that took it."""
    return evidence(exif=facts, device_model="M2012K11AG", device_platform="android")
