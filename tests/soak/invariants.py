"""PURE: what must be true after any number of kills: from what was promised and what was found, to what is broken."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# What a notice says, to whom: (openid, template, fields as text). Two notices may say the same.
Words = tuple[str, str, str]
# (county, member, local date)
Day = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class StoredCheckIn:
    """One row: its id, its member's day, and what its photo row says of the file."""

    id: str
    sha256: str
    storage_key: str


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """One row of the outbox."""

    dedupe_key: str
    state: str
    words: Words
    overdue: bool = False  # pending, and due for longer than a worker needs


@dataclass(frozen=True, slots=True)
class Observed:
    """Promises (what the server acknowledged) beside what stands in database, folder and phones."""

    acknowledged: Mapping[str, str]  # check-in id -> sha256 of the photo that was sent
    reviewed: Sequence[str] = ()  # ids of acknowledged reviews
    checkins: Sequence[StoredCheckIn] = ()
    reviews: Sequence[str] = ()
    files: Mapping[str, str | None] = field(default_factory=dict)  # storage key -> sha256 on disk, None if missing
    days: Mapping[Day, object] = field(default_factory=dict)
    recounted: Mapping[Day, object] = field(default_factory=dict)
    notices: Sequence[StoredNotice] = ()
    delivered: Mapping[Words, int] = field(default_factory=dict)
    tampered: int = 0
    unlinked: int = 0


def violations(seen: Observed) -> list[str]:
    """Every broken promise in one line each; empty when all is well."""
    return [*_checkins(seen), *_reviews(seen), *_days(seen), *_notices(seen), *_audit(seen)]


def _checkins(seen: Observed) -> Iterator[str]:
    times = Counter(row.id for row in seen.checkins)
    yield from (f"check-in {key} is stored {count} times" for key, count in times.items() if count > 1)
    rows = {row.id: row for row in seen.checkins}
    for key, sha256 in seen.acknowledged.items():
        row = rows.get(key)
        if row is None:
            yield f"check-in {key} was acknowledged and is lost"
        elif row.sha256 != sha256:
            yield f"check-in {key} is stored with another photo"
    for row in seen.checkins:
        if row.storage_key in seen.files and seen.files[row.storage_key] != row.sha256:
            found = seen.files[row.storage_key]
            yield f"photo {row.storage_key} of check-in {row.id} is {'missing' if found is None else 'damaged'}"


def _reviews(seen: Observed) -> Iterator[str]:
    stored = set(seen.reviews)
    told = {notice.dedupe_key for notice in seen.notices}
    for key in seen.reviewed:
        if key not in stored:
            yield f"review {key} was acknowledged and is lost"
        if f"review:{key}" not in told:
            yield f"review {key} has no notice"


def _days(seen: Observed) -> Iterator[str]:
    for day in seen.recounted.keys() | seen.days.keys():
        if seen.days.get(day) != seen.recounted.get(day):
            yield f"day {day} is stored as {seen.days.get(day)}, counted anew it is {seen.recounted.get(day)}"


def _notices(seen: Observed) -> Iterator[str]:
    """A sent notice arrived, and none arrived twice; one cut off in the middle may have arrived or not."""
    keys = Counter(notice.dedupe_key for notice in seen.notices)
    yield from (f"notice {key} is in the outbox {count} times" for key, count in keys.items() if count > 1)
    yield from (f"notice {n.dedupe_key} is due and nobody sends it" for n in seen.notices if n.overdue)
    sent = Counter(n.words for n in seen.notices if n.state == "sent")
    unknown = Counter(n.words for n in seen.notices if n.state in ("uncertain", "sending"))
    for words in sent.keys() | unknown.keys() | seen.delivered.keys():
        arrived = seen.delivered.get(words, 0)
        if arrived > sent[words] + unknown[words]:
            yield f"message {words} arrived {arrived} times, {sent[words]} sent and {unknown[words]} uncertain"
        if arrived < sent[words]:
            yield f"message {words} was recorded as sent {sent[words]} times and arrived {arrived} times"


def _audit(seen: Observed) -> Iterator[str]:
    if seen.tampered:
        yield f"{seen.tampered} audit events do not verify"
    if seen.unlinked:
        yield f"{seen.unlinked} audit events were never linked"
