"""Pictures of a 跟进 go with the evidence of the days, at their member's request, and when no update has named them."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from server.config import Config
from tests.api.test_lead_photos import follow_up, send, sent
from tests.api.test_leads import lead
from tests.client import Api
from tests.worker.conftest import files

Rows = Callable[..., list]
Erase = Callable[[datetime], None]
__all__ = ["lead"]
# The cast takes them on 24 November 2026: kept for thirteen months.
LAST_DAY, OVER = datetime(2027, 12, 24, 2, tzinfo=UTC), datetime(2027, 12, 25, 2, tzinfo=UTC)


def test_after_its_term_it_is_gone_and_said_to_be(api: Api, lead: str, erase: Erase, config: Config) -> None:
    follow_up(api, lead, sent(api, lead, 2))
    before = api.get(f"/leads/{lead}", "chen").json["updates"][0]["photos"]
    assert api.get(before[0]["preview_url"]).status_code == 200
    erase(LAST_DAY)
    assert len(files(config)) == 3
    erase(OVER)
    assert files(config) == []
    said = api.get(f"/leads/{lead}", "bureau").json["updates"][0]
    assert (said["photos"], said["photos_erased"], said["text"]) == ([], 2, "拜访了张总，看了厂房")
    gone = api.get(before[0]["url"])
    assert (gone.status_code, gone.json["code"]) == (410, "photo_erased")


def test_it_goes_at_its_members_request(api: Api, lead: str, erase: Erase, config: Config, rows: Rows) -> None:
    follow_up(api, lead, sent(api, lead))
    sent(api, lead)  # which no update has named
    assert api.post("/me/deletion", "chen", {"understood": True}).status_code == 200
    erase(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert files(config) == []
    assert rows("SELECT sha256 FROM photos") == [("",)]
    assert api.get(f"/leads/{lead}", "bureau").json["updates"][0]["photos_erased"] == 1


def test_a_colleagues_stay(api: Api, lead: str, erase: Erase, config: Config) -> None:
    theirs = str(send(api, lead, "colleague").json["id"])
    follow_up(api, lead, [theirs], who="colleague")
    api.post("/me/deletion", "chen", {"understood": True})
    erase(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert len(files(config)) == 1


def test_one_that_no_update_names_is_gone_after_a_day_and_can_be_sent_again(
    api: Api, lead: str, erase: Erase, config: Config, rows: Rows
) -> None:
    one = str(uuid.uuid4())
    send(api, lead, one=one)
    erase(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert len(files(config)) == 1
    erase(datetime(2026, 11, 26, 2, tzinfo=UTC))
    assert (files(config), rows("SELECT count(*) FROM photos")) == ([], [(0,)])
    assert send(api, lead, one=one).status_code == 201
