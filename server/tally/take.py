"""Takes one submission: what was before is asked at once, then it is judged and counted, and all is stored at once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from server.checkins import gather, submit, twins
from server.checkins.gather import Submission
from server.checkins.models import CheckIn
from server.checkins.submit import StoredPhoto
from server.org.scope import Caller
from server.photos.store import FolderStore
from server.tally import closed, inputs, policy, recompute
from server.tally.types import DayCount, MonthCount
from server.together import Questions

# What the verdict and the day need to know of what is stored, in one round trip. Both ask for the postings: the
# verdict for their stations as well, the day for all of the month.
_BEFORE = Questions(**(inputs.QUESTIONS | gather.QUESTIONS), policy=policy.VERSIONS)


def take(
    session: Session, caller: Caller, submission: Submission, photo: StoredPhoto, store: FolderStore, now: datetime
) -> tuple[CheckIn, DayCount, MonthCount]:
    """The check-in as it is stored in this transaction, its day and its month with it.

    Raises AlreadySubmitted when the id is taken: roll back and answer with `submit.repeat`.
    """
    gather.hold(session, caller, photo.facts)
    asked = gather.asked(caller, submission, photo.facts, now) | inputs.span(*gather.span(submission, now))
    before = _BEFORE.ask(session, asked)
    policy.remember(session, caller.county_id, before["policy"])
    closed.remember(session, caller.county_id, before["closed"])
    moment = gather.locate(session, caller, submission, photo.facts, before, now)
    moment = replace(moment, twins=twins.compared(moment.twins, store, photo.key))
    on = moment.presence.on_date
    terms = policy.terms(session, caller.county_id, on, closed.is_closed(session, caller.county_id, on))
    checkin, rows = submit.judged(caller, submission, moment, terms, photo, now)
    day, month, counted = recompute.count_with(session, checkin, before, caller.today, now)
    submit.store(session, *rows, counted)
    return checkin, day, month
