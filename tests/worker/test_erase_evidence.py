"""After its term the worker deletes photo, position and device facts; that the day counted, and why, stays."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from server.checkins.models import CheckIn
from server.checkins.replay import replay
from server.checkins.retention import term_begins
from server.config import Config
from server.db import Database
from server.demo.photos import draw_selfie
from server.evidence.ruleset import RULESET
from server.tally import policy
from server.worker import Worker
from tests.client import Api
from tests.conftest import StoppedClock
from tests.worker.conftest import files, tick

Rows = Callable[..., list]
# The cast checks in on 24 November 2026. Thirteen months later it is kept for the last day, and goes the night after.
LAST_DAY, OVER = datetime(2027, 12, 24, 2, tzinfo=UTC), datetime(2027, 12, 25, 2, tzinfo=UTC)
PHOTO = draw_selfie(77, size=(480, 640))


def test_nothing_goes_before_its_term_is_over(api: Api, erase, config: Config) -> None:
    checkin = api.check_in("chen").json["id"]
    erase(LAST_DAY)
    found = api.get(f"/checkins/{checkin}", "chen").json
    assert found["erased_at"] is None
    assert found["lat"] is not None
    assert api.get(found["photo"]["url"]).status_code == 200
    assert len(files(config)) == 1


def test_photo_position_and_device_facts_go(api: Api, erase, config: Config, rows: Rows) -> None:
    checkin = api.check_in("chen", photo=PHOTO).json["id"]
    links = api.get(f"/checkins/{checkin}", "chen").json["photo"]
    assert api.get(links["preview_url"]).status_code == 200
    assert len(files(config)) == 2
    erase(OVER)
    assert files(config) == []
    assert rows("SELECT lat, lng, accuracy_m FROM checkins") == [(None, None, None)]
    ((device, evidence, findings),) = rows("SELECT device, evidence, findings FROM checkins")
    device, evidence, findings = (json.loads(v) if isinstance(v, str) else v for v in (device, evidence, findings))
    assert (device, evidence) == ({}, {})
    assert findings
    assert all(finding["facts"] == {} for finding in findings)
    assert {finding["message"] for finding in findings} == {"所依据的数据已过保存期限，按规定删除。"}
    ((sha256, phash, looks, exif),) = rows("SELECT sha256, phash, looks, exif FROM photos")
    assert (sha256, phash, looks) == ("", 0, "")
    assert (json.loads(exif) if isinstance(exif, str) else exif) == {}
    assert rows("SELECT * FROM photo_bands") == []
    found = api.get(f"/checkins/{checkin}", "chen").json
    assert (found["lat"], found["photo"]) == (None, None)
    assert found["erased_at"].startswith("2027-12-24T19:30")


def test_the_day_the_verdict_and_its_sentences_stay(api: Api, erase) -> None:
    checkin = api.check_in("chen", lat="31.26").json["id"]
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted", "reason": "当天在园区"})
    before = api.get(f"/checkins/{checkin}", "chen").json
    api.clock.at = datetime(2026, 12, 6, 2, tzinfo=UTC)
    closed = api.close_month().json
    erase(OVER)
    after = api.get(f"/checkins/{checkin}", "chen").json
    suspected = [f["message"] for f in before["findings"] if f["outcome"] == "suspect"]
    assert suspected
    assert [f["message"] for f in after["findings"] if f["outcome"] == "suspect"] == suspected
    for kept in ("verdict", "decision", "reason", "on", "captured_at", "reviews"):
        assert after[kept] == before[kept]
    month = api.get("/me/month", "chen", month="2026-11").json
    assert month["confirmed"] == 1.0
    found = api.get("/months/2026-11/verify", "bureau").json
    assert (found["matches"], found["inputs_sha256"]) == (True, closed["inputs_sha256"])


def test_a_link_of_before_says_that_it_is_gone(api: Api, erase) -> None:
    checkin = api.check_in("chen").json["id"]
    link = api.get(f"/checkins/{checkin}", "chen").json["photo"]["url"]
    erase(OVER)  # links run by the real clock: this one is still good
    gone = api.get(link)
    assert (gone.status_code, gone.json["code"]) == (410, "photo_erased")
    assert "保存期限" in gone.json["detail"]


def test_it_is_audited_once_and_again_changes_nothing(api: Api, erase, rows: Rows) -> None:
    api.check_in("chen")
    erase(OVER)
    audited = (
        "SELECT p.subject_id, p.body FROM audit_payloads p"
        " JOIN audit_events e ON e.county_id = p.county_id AND e.id = p.event_id WHERE e.action = 'evidence.erased'"
    )
    ((subject, body),) = rows(audited)
    assert str(subject).replace("-", "") == api.cast["chen"].id.hex
    assert json.loads(body)["facts"] == {"checkins": 1, "before": "2026-11-25", "asked": False}
    erase(datetime(2027, 12, 26, 2, tzinfo=UTC))
    assert len(rows(audited)) == 1
    assert rows("SELECT count(*) FROM checkins WHERE erased_at IS NOT NULL") == [(1,)]


@pytest.mark.parametrize("state", ["open", "answered", "may come"])
def test_what_may_be_disputed_is_held(api: Api, erase, config: Config, state: str) -> None:
    checkin = api.check_in("chen", lat="31.26").json["id"]
    erase(datetime(2027, 12, 20, 2, tzinfo=UTC))
    api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "不在驻点", "code": "other"})
    if state != "may come":
        made = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"})
        assert made.status_code == 201
    if state == "answered":
        answer = {"upheld": False, "answer": "看过，仍不在驻点"}
        assert api.post(f"/appeals/{made.json['id']}/decision", "bureau2", answer).status_code == 200
    erase(OVER)
    assert len(files(config)) == 1
    assert api.get(f"/checkins/{checkin}", "chen").json["photo"] is not None
    erase(datetime(2028, 1, 5, 2, tzinfo=UTC))
    assert len(files(config)) == (1 if state == "open" else 0)


def test_nobody_is_judged_by_what_is_gone(api: Api, erase) -> None:
    checkin = api.check_in("chen", lat="31.26").json["id"]
    erase(OVER)
    refused = api.post(
        f"/checkins/{checkin}/reviews", "bureau", {"decision": "rejected", "reason": "不在驻点", "code": "other"}
    )
    assert (refused.status_code, refused.json["code"]) == (409, "evidence_erased")
    assert "保存期限" in refused.json["detail"]
    in_favour = api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted", "reason": "同事证明在岗"})
    assert in_favour.status_code == 201


def test_what_nobody_decided_is_kept_for_the_whole_term(api: Api, erase, config: Config) -> None:
    """However short the county's own is: only a person can still turn it into a day."""
    api.check_in("chen", lat="31.26")
    api.post("/policies", "admin", {"starts_on": "2026-12-01", "rules": {"evidence_months": 3}})
    erase(LAST_DAY)
    assert len(files(config)) == 1
    erase(OVER)
    assert files(config) == []


def test_what_the_machine_rejected_is_held_for_its_appeal(api: Api, erase, config: Config, db: Database) -> None:
    checkin = api.check_in("chen").json["id"]
    with db.transaction() as session:
        session.execute(update(CheckIn).values(verdict="rejected"))
    rules = {"evidence_months": 3, "appeal_within_days": 84}
    assert api.post("/policies", "admin", {"starts_on": "2026-12-01", "rules": rules}).status_code == 201
    erase(datetime(2027, 2, 15, 2, tzinfo=UTC))  # 83 days later
    assert len(files(config)) == 1
    erase(datetime(2027, 2, 25, 2, tzinfo=UTC))
    assert files(config) == []
    late = api.post(f"/checkins/{checkin}/appeals", "chen", {"statement": "我在"})
    assert (late.status_code, late.json["code"]) == (409, "evidence_erased")


def test_a_date_that_a_phone_told_wrongly_does_not_end_the_term(api: Api, erase, config: Config, rows: Rows) -> None:
    """Without a ticket a capture has no lower bound: a clock that fell back to 2020 must not cost the photo."""
    long_ago = datetime(2020, 1, 1, 2, tzinfo=UTC)
    assert api.check_in("chen", at=long_ago, ticket=None, device={"clock_offset_ms": None}).status_code == 201
    assert str(rows("SELECT on_date FROM checkins")[0][0]) < "2026-01-01"
    erase(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert len(files(config)) == 1


def test_what_is_still_being_compared_is_left(api: Api, erase, config: Config, db: Database) -> None:
    api.check_in("chen")
    with db.transaction() as session:
        session.execute(update(CheckIn).values(comparing=True))
    erase(OVER)
    assert len(files(config)) == 1


def test_its_place_goes_from_what_was_judged_beside_it(api: Api, erase, rows: Rows) -> None:
    """The check-in of the next day holds the fix before it; that one's own term is not over."""
    api.check_in("chen", lat="31.23061")
    api.clock.advance(days=1)
    api.check_in("chen", lat="31.23052")
    erase(OVER)
    ((evidence,),) = rows("SELECT evidence FROM checkins WHERE erased_at IS NULL")
    evidence = json.loads(evidence) if isinstance(evidence, str) else evidence
    assert (evidence["previous"], evidence["history"]) == (None, [])
    assert evidence["fix"]["lat"] == 31.23052
    assert rows("SELECT count(*) FROM checkins WHERE erased_at IS NOT NULL") == [(1,)]


def test_a_file_that_comes_back_goes_again_and_is_not_shown(api: Api, erase, config: Config) -> None:
    """The folder was away that night, or photos came from a backup."""
    checkin = api.check_in("chen", photo=PHOTO).json["id"]
    link = api.get(f"/checkins/{checkin}", "chen").json["photo"]["url"]
    (path,) = files(config)
    erase(OVER)
    path.write_bytes(PHOTO)
    assert api.get(link).status_code == 410
    erase(datetime(2027, 12, 26, 2, tzinfo=UTC))
    assert files(config) == []


def test_after_an_upgrade_it_begins_with_the_night_to_come(
    config: Config, api: Api, clock: StoppedClock, rows: Rows
) -> None:
    """What cannot be undone is not made up at noon, when a new release first starts; nor is it never begun."""
    api.check_in("chen")
    worker = Worker(config, clock)
    erased = "SELECT count(*) FROM checkins WHERE erased_at IS NOT NULL"
    for clock.at in (OVER, OVER + timedelta(hours=17, minutes=29)):  # 10:00, and 03:29 of the next day
        tick(worker, "erase_evidence")
        assert rows(erased) == [(0,)]
    clock.advance(minutes=2)
    tick(worker, "erase_evidence")
    worker.db.dispose()
    assert rows(erased) == [(1,)]


def test_a_shorter_term_is_said_before_it_is_adopted(api: Api) -> None:
    body = {"starts_on": "2026-12-01", "rules": {"evidence_months": 3}}
    assert any("只保存 3 个月" in remark for remark in api.post("/policies/preview", "admin", body).json["remarks"])
    longer = {"starts_on": "2026-12-01", "rules": {"evidence_months": 3, "appeal_within_days": 90}}
    assert "申诉时限不能长于" in api.post("/policies", "admin", longer).text


def test_it_bears_on_no_later_checkin(api: Api, erase, db: Database) -> None:
    """Neither as the place before nor as the same photo; and a ruleset is not tried on it."""
    api.check_in("chen", photo=PHOTO)
    erase(OVER)
    again = api.check_in("chen", photo=PHOTO, lat="31.2306")
    assert again.status_code == 201
    outcomes = {f["code"]: f["outcome"] for f in again.json["findings"]}
    assert (outcomes["PHOTO_REUSE"], outcomes["IMPOSSIBLE_TRAVEL"]) == ("clear", "unknown")
    with db.snapshot() as session:
        assert len(list(replay(session, RULESET, date(2026, 1, 1), partial(policy.evidence_terms, session)))) == 1


def test_a_county_may_keep_them_for_less(api: Api, erase, config: Config) -> None:
    api.check_in("chen")
    rules = {"evidence_months": 3}
    assert api.post("/policies", "admin", {"starts_on": "2026-12-01", "rules": rules}).status_code == 201
    erase(datetime(2027, 2, 24, 2, tzinfo=UTC))
    assert len(files(config)) == 1
    erase(datetime(2027, 2, 25, 2, tzinfo=UTC))
    assert files(config) == []
    longer = api.post("/policies", "admin", {"starts_on": "2027-03-01", "rules": {"evidence_months": 14}})
    assert longer.status_code == 422  # people agreed to thirteen


def test_after_a_cut_the_next_night_completes_it(api: Api, erase, config: Config, monkeypatch, rows: Rows) -> None:
    api.check_in("chen")

    def cut(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched, pytest.raises(ExceptionGroup):
        patched.setattr("server.checkins.retention.record", cut)
        erase(OVER)
    assert rows("SELECT count(*) FROM checkins WHERE erased_at IS NULL") == [(1,)]
    erase(datetime(2027, 12, 26, 2, tzinfo=UTC))
    assert rows("SELECT count(*) FROM checkins WHERE erased_at IS NULL") == [(0,)]
    assert files(config) == []


@given(today=st.dates(date(2026, 1, 1), date(2100, 1, 1)), months=st.integers(3, 13))
def test_the_term_is_counted_in_calendar_months(today: date, months: int) -> None:
    """Art. 201 and 202 of the Civil Code: to the same day, or the month's last where there is none."""
    kept = term_begins(today, months)
    assert (today.year * 12 + today.month) - (kept.year * 12 + kept.month) == months
    assert kept.day == today.day or (kept.day < today.day and (kept.replace(day=28) > kept or kept.day >= 28))


@pytest.mark.parametrize(
    ("today", "months", "first_kept"),
    [
        (date(2027, 12, 24), 13, date(2026, 11, 24)),
        (date(2028, 3, 31), 13, date(2027, 2, 28)),
        (date(2027, 1, 15), 13, date(2025, 12, 15)),
        (date(2028, 5, 30), 3, date(2028, 2, 29)),
    ],
)
def test_the_first_date_kept(today: date, months: int, first_kept: date) -> None:
    assert term_begins(today, months) == first_kept
