"""Every endpoint of the OpenAPI document × the six roles and nobody × (own subtree, sibling unit, other county).

The rows to be reached are all chen's (unit east, squad east-1, county 1). An endpoint that is new in the document and
has no row here fails, and so does a row without an endpoint.
"""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import pytest
from werkzeug.test import TestResponse

from server.config import Config
from server.demo.photos import draw_selfie
from server.org import consent
from server.wechat.sandbox.app import RunningSandbox
from tests.cast import PEOPLE
from tests.client import Api

NOBODY = "nobody"
PICTURE = draw_selfie(3, size=(320, 240))
# Who stands where, seen from chen.
OWN = {
    "chen",
    "colleague",
    "leader",
    "supervisor",
    "bureau",
    "bureau2",
    "county_leader",
    "admin",
}
SIBLING = {"neighbour", "other_leader", "other_supervisor"}
OTHER_COUNTY = {name for name, county_id, *_ in PEOPLE if county_id == 2}
SIGNED_IN = OWN | SIBLING | OTHER_COUNTY
WATCHERS = {"chen", "leader", "supervisor", "bureau", "bureau2", "county_leader"}
BUREAU = {"bureau", "bureau2"}
UNIT_WATCHERS = {"supervisor", "bureau", "bureau2", "county_leader"}
TABLE_READERS = {
    *("supervisor", "other_supervisor", "far_supervisor"),
    *("bureau", "bureau2", "county_leader", "far_bureau", "far_county_leader"),
}
VERIFIERS = {"bureau", "bureau2", "county_leader", "admin", "far_bureau", "far_county_leader", "far_admin"}
SUPERVISING = SIGNED_IN - {"chen", "colleague", "neighbour", "outsider"}
OWN_PAGE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
INVITERS = {"supervisor", "bureau", "bureau2", "admin"}
FAR_INVITERS = {"other_supervisor", "far_supervisor", "far_bureau", "far_admin"}
KEEPERS, FAR_KEEPERS = {"bureau", "bureau2", "admin"}, {"far_bureau", "far_admin"}
POSTED = {"chen", "colleague", "leader", "neighbour", "other_leader", "outsider", "far_leader"}


@dataclass(frozen=True)
class Row:
    """What one endpoint answers to whom. `call` sends a request that would succeed for somebody."""

    call: Callable[[Api, str | None, "Target"], TestResponse]
    answers: dict[int, set[str]]
    finds: set[str] | None = None  # for lists: who finds chen's row in the answer
    there: str = ""  # which of the target's rows must be there before anybody asks
    first: str = ""  # who goes first, where only one can succeed


class Target:
    """Chen's rows that a caller tries to reach; each is made when first asked for, since most endpoints ask for one."""

    def __init__(self, api: Api, fixture: Callable[[str], object]) -> None:
        self._api, self._fixture = api, fixture

    @cached_property
    def checkin(self) -> str:
        return str(self._api.check_in("chen").json["id"])

    @cached_property
    def review(self) -> tuple[str, str]:
        """A check-in and what bureau decided on it a moment ago."""
        checkin = str(self._api.check_in("chen").json["id"])
        made = self._api.post(f"/checkins/{checkin}/reviews", "bureau", {"decision": "accepted"})
        return checkin, str(made.json["review"]["id"])

    @cached_property
    def waiting(self) -> str:
        return str(self._api.check_in("chen", lat="31.26").json["id"])

    @cached_property
    def rejected(self) -> str:
        checkin = str(self._api.check_in("chen").json["id"])
        body = {"decision": "rejected", "reason": "看不清人", "code": "other"}
        assert self._api.post(f"/checkins/{checkin}/reviews", "bureau", body).status_code == 201
        return checkin

    @cached_property
    def appeal(self) -> str:
        path = f"/checkins/{self.rejected}/appeals"
        return str(self._api.post(path, "chen", {"statement": "光线太暗"}).json["id"])

    @cached_property
    def photo(self) -> str:
        link = self._api.get(f"/checkins/{self.checkin}", "chen").json["photo"]["url"]
        return str(link.split("?")[0].rpartition("/")[2])

    @cached_property
    def leave(self) -> str:
        asked = {"kind": "training", "starts_on": "2026-11-25", "reason": "招商培训"}
        return str(self._api.post("/leaves", "chen", asked).json["id"])

    @cached_property
    def approved(self) -> str:
        """An absence of chen's that the bureau approved."""
        asked = {"kind": "official_trip", "starts_on": "2026-11-27", "reason": "出差"}
        leave = str(self._api.post("/leaves", "chen", asked).json["id"])
        assert self._api.post(f"/leaves/{leave}/decision", "bureau", {"approved": True}).status_code == 200
        return leave

    @cached_property
    def attestation(self) -> str:
        """By colleague, about chen."""
        return str(_attest(self._api, "colleague", self).json["id"])

    @cached_property
    def complaint(self) -> str:
        said = {"id": str(uuid.uuid4()), "kind": "complaint", "text": "打卡次数太多"}
        return str(self._api.post("/me/complaints", "chen", said).json["id"])

    @cached_property
    def lead(self) -> str:
        made = _report(self._api, "chen", self)
        assert made.status_code == 201, made.text
        return str(made.json["id"])

    @cached_property
    def company(self) -> str:
        return str(self._api.get(f"/leads/{self.lead}", "chen").json["company"]["id"])

    @cached_property
    def node(self) -> str:
        return str(self._fixture("chain_node"))

    @cached_property
    def escort(self) -> str:
        made = _ask_along(self._api, "chen", self)
        assert made.status_code == 201, made.text
        return str(made.json["id"])

    @cached_property
    def draw(self) -> str:
        """Aimed at chen, and sent out."""
        made = _draw(self._api, "bureau", self, aimed_at=str(self._api.cast["chen"].id), reason="有人反映")
        assert made.status_code == 201, made.text
        self._fixture("spot_course")(seconds=4)
        return str(made.json["id"])

    @cached_property
    def spot_check(self) -> str:
        (check,) = self._api.get(f"/draws/{self.draw}", "supervisor").json["checks"]
        return str(check["id"])

    @cached_property
    def missed(self) -> str:
        """Seen by chen, and not answered in time."""
        assert self._api.post(f"/me/spot-checks/{self.spot_check}/camera", "chen").status_code == 201
        self._fixture("spot_course")(minutes=31)
        return self.spot_check

    @cached_property
    def spot_call(self) -> str:
        self._fixture("station_phones")
        made = _draw(self._api, "supervisor", self, kind="call").json["id"]
        self._fixture("spot_course")(seconds=4)
        (check,) = self._api.get(f"/draws/{made}", "supervisor").json["checks"]
        return str(check["id"])

    @cached_property
    def filter(self) -> str:
        return str(_keep_filter(self._api, "chen", self).json["id"])

    @cached_property
    def closing(self) -> str:
        return str(_ask_to_close(self._api, "chen", self).json["id"])

    @cached_property
    def role(self) -> str:
        body = {"role": "unit_supervisor", "unit": "east"}
        return str(self._api.post(f"/members/{self._api.cast['chen'].id}/roles", "admin", body).json["id"])

    @cached_property
    def posting(self) -> str:
        return str(_posting(self._api, "admin", self).json["id"])

    @cached_property
    def sign_in(self) -> str:
        return str(self._api.get("/me/sign-ins", "chen").json["items"][0]["id"])

    @cached_property
    def flag(self) -> str:
        return str(self._fixture("flag_chen"))

    @cached_property
    def notice(self) -> str:
        return str(self._fixture("dead_notice"))


def _rest(status: int, *others: set[str]) -> dict[int, set[str]]:
    return {status: SIGNED_IN - set().union(*others)}


def _everyone(status: int) -> dict[int, set[str]]:
    return {status: SIGNED_IN, 401: {NOBODY}}


_OF_ADMINS_201 = {201: {"admin", "far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
_OF_OUR_ADMIN_200 = {200: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}


def _station(api: Api, who: str | None, _t: Target) -> TestResponse:
    body = {"name": f"新驻点{uuid.uuid4().hex[:6]}", "city": "苏州", "lat": 31.3, "lng": 120.6, "datum": "wgs84"}
    return api.post("/stations", who, body)


def _posting(api: Api, who: str | None, _t: Target) -> TestResponse:
    ids = {"member": api.cast["chen"].id, "squad": api.cast.squads["east-1"], "station": api.cast.stations["east-1"]}
    return api.post("/postings", who, {k: str(v) for k, v in ids.items()} | {"starts_on": "2026-12-01"})


def _new_member(api: Api, who: str | None, _t: Target) -> TestResponse:
    return api.post("/members", who, {"name": "新队员", "unit": str(api.cast.units["east"])})


def _transfer(api: Api, who: str | None, _t: Target) -> TestResponse:
    body = {"unit_id": str(api.cast.units["west"]), "from": "2026-11-24"}
    return api.post(f"/members/{api.cast['chen'].id}/transfer", who, body)


def _attest(api: Api, who: str | None, _t: Target) -> TestResponse:
    body = {"member": str(api.cast["chen"].id), "on": "2026-11-23", "value": 1, "reason": "在展会上一起接待客商"}
    return api.post("/attestations", who, body)


def _ask_for_leave(api: Api, who: str | None, _t: Target) -> TestResponse:
    return api.post("/leaves", who, {"kind": "sick", "starts_on": "2026-11-26", "reason": "发热"})


def _policy(path: str) -> Callable[[Api, str | None, "Target"], TestResponse]:
    body = {"starts_on": "2026-12-01", "rules": {"target_days": 18}}
    return lambda api, who, t: api.post(path, who, body)


def _submit(api: Api, who: str | None, _t: Target) -> TestResponse:
    return api.check_in(who, ticket=None)


def _enrol(api: Api, who: str | None, _t: Target) -> TestResponse:
    body = {"username": f"{who}".replace("_", "-"), "password": "长江 河湾 2026 招商"}
    return api.call("PUT", "/me/console", who, json=body)


def _begin_scan(api: Api, who: str | None, _t: Target) -> TestResponse:
    return api.call("POST", "/console/scans", who, environ_overrides=OWN_PAGE)


def _scan(method: str, what: str) -> Callable[[Api, str | None, "Target"], TestResponse]:
    def call(api: Api, who: str | None, t: Target) -> TestResponse:
        code = _begin_scan(api, None, t).json["code"]
        return api.call(method, f"/console/scans/{code}{what}", who, environ_overrides=OWN_PAGE)

    return call


def _report(api: Api, who: str | None, _t: Target) -> TestResponse:
    said = {"id": str(uuid.uuid4()), "company": {"name": f"企业{uuid.uuid4().hex}"}, "channel": "other"}
    return api.post("/leads", who, said | {"reported_at": api.clock().isoformat()})


def _ask_about(api: Api, who: str | None, t: Target) -> TestResponse:
    said = {"id": str(uuid.uuid4()), "kind": "join", "reason": "有关系"}
    return api.post(f"/companies/{t.company}/requests", who, said)


def _ask_to_close(api: Api, who: str | None, t: Target) -> TestResponse:
    said = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    return api.post(f"/leads/{t.lead}/closing", who, said)


def _ask_along(api: Api, who: str | None, t: Target) -> TestResponse:
    starts = api.clock() + timedelta(days=3)
    slot = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat()}
    said = {"id": str(uuid.uuid4()), "leader": str(api.cast["county_leader"].id), "slots": [slot]}
    return api.post(f"/leads/{t.lead}/escorts", who, said | {"purpose": "谈用地", "place": "企业总部"})


def _draw(api: Api, who: str | None, _t: Target, **more: str) -> TestResponse:
    return api.post("/draws", who, {"id": str(uuid.uuid4()), "kind": "selfie"} | more)


def _call(api: Api, who: str | None, t: Target) -> TestResponse:
    said = {"id": str(uuid.uuid4()), "outcome": "no_answer", "called_at": api.clock().isoformat()}
    return api.post(f"/spot-checks/{t.spot_call}/calls", who, said)


def _follow_up(api: Api, who: str | None, t: Target) -> TestResponse:
    said = {"id": str(uuid.uuid4()), "text": "拜访", "happened_at": api.clock().isoformat()}
    return api.post(f"/leads/{t.lead}/updates", who, said)


def _add_photo(api: Api, who: str | None, t: Target) -> TestResponse:
    """Who has never agreed to anything, such as a leader in the office, is asked to before their role is."""
    form = {"id": str(uuid.uuid4()), "photo": (io.BytesIO(PICTURE), "p.jpg")}
    return api.call("POST", f"/leads/{t.lead}/photos", who, data=form)


def _hand_over(api: Api, who: str | None, t: Target) -> TestResponse:
    said = {"to": str(api.cast["colleague"].id), "reason": "调回"}
    return api.post(f"/members/{api.cast['chen'].id}/leads/handover", who, said)


def _keep_filter(api: Api, who: str | None, _t: Target) -> TestResponse:
    return api.post("/me/lead-filters", who, {"name": uuid.uuid4().hex[:8], "wanted": {"stage": "talks"}})


_ADMINS = {"admin", "far_admin"}
_ALL_BUT_ADMINS = {200: SIGNED_IN - _ADMINS, 403: _ADMINS, 401: {NOBODY}}
LEAD_SQUAD = {"chen", "colleague", "leader"}
LEAD_WATCHERS = LEAD_SQUAD | UNIT_WATCHERS
LEAD_WORK = {403: LEAD_WATCHERS - LEAD_SQUAD, **_rest(404, LEAD_WATCHERS), 401: {NOBODY}}
FAR_SQUAD = {"outsider", "far_leader"}
DRAWING = UNIT_WATCHERS | {"other_supervisor", "far_supervisor", "far_bureau", "far_county_leader"}
CHAIN_READERS = UNIT_WATCHERS | {"other_supervisor", "far_supervisor", "far_bureau", "far_county_leader"}
# The bureau, the squad that follows it up and its unit's supervisor; of another county there is no such company.
COMPANY_KEEPERS = LEAD_SQUAD | BUREAU | {"supervisor"}
COMPANY_KEPT = {
    200: COMPANY_KEEPERS,
    404: OTHER_COUNTY,
    **_rest(403, COMPANY_KEEPERS, OTHER_COUNTY),
    401: {NOBODY},
}

MATRIX: dict[tuple[str, str], Row] = {
    ("POST", "/api/v1/login"): Row(lambda api, who, t: api.post("/login", who, {}), {422: SIGNED_IN | {NOBODY}}),
    ("POST", "/api/v1/bind"): Row(lambda api, who, t: api.post("/bind", who, {}), {422: SIGNED_IN | {NOBODY}}),
    ("POST", "/api/v1/logout"): Row(lambda api, who, t: api.post("/logout", who), _everyone(204)),
    ("GET", "/api/v1/me"): Row(lambda api, who, t: api.get("/me", who), _everyone(200), finds={"chen"}),
    ("GET", "/api/v1/me/export"): Row(lambda api, who, t: api.get("/me/export", who), _everyone(200)),
    ("GET", "/api/v1/me/deletion"): Row(lambda api, who, t: api.get("/me/deletion", who), _everyone(200)),
    ("POST", "/api/v1/me/deletion"): Row(
        lambda api, who, t: api.post("/me/deletion", who, {"understood": True}), _everyone(200)
    ),
    ("DELETE", "/api/v1/me/deletion"): Row(  # nobody's but their own, and here nobody has asked
        lambda api, who, t: api.call("DELETE", "/me/deletion", who), _everyone(404)
    ),
    ("GET", "/api/v1/me/console"): Row(lambda api, who, t: api.get("/me/console", who), _everyone(200)),
    ("PUT", "/api/v1/me/console"): Row(_enrol, {200: SUPERVISING, **_rest(403, SUPERVISING), 401: {NOBODY}}),
    ("POST", "/api/v1/me/console/confirm"): Row(  # their own, of which there is none
        lambda api, who, t: api.post("/me/console/confirm", who, {"totp": "000000"}), _everyone(409)
    ),
    ("DELETE", "/api/v1/me/console"): Row(lambda api, who, t: api.call("DELETE", "/me/console", who), _everyone(204)),
    ("POST", "/api/v1/console/sign-in"): Row(
        lambda api, who, t: api.post("/console/sign-in", who, {}), {422: SIGNED_IN | {NOBODY}}
    ),
    ("POST", "/api/v1/console/scans"): Row(_begin_scan, {201: SIGNED_IN | {NOBODY}}),
    ("GET", "/api/v1/console/scans/{code}"): Row(_scan("GET", ""), _everyone(200)),
    ("POST", "/api/v1/console/scans/{code}/confirm"): Row(
        _scan("POST", "/confirm"), {204: SUPERVISING, **_rest(403, SUPERVISING), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/console/scans/{code}/claim"): Row(  # whose browser has not the cookie
        _scan("POST", "/claim"), {404: SIGNED_IN | {NOBODY}}
    ),
    ("GET", "/api/v1/me/sign-ins"): Row(lambda api, who, t: api.get("/me/sign-ins", who), _everyone(200)),
    ("DELETE", "/api/v1/me/sign-ins/{sign_in_id}"): Row(
        # somebody else's, and one that never was, are alike
        lambda api, who, t: api.call("DELETE", f"/me/sign-ins/{t.sign_in}", who),
        {204: {"chen"}, **_rest(404, {"chen"}), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/me/subscriptions"): Row(lambda api, who, t: api.get("/me/subscriptions", who), _everyone(200)),
    ("POST", "/api/v1/me/subscriptions"): Row(
        lambda api, who, t: api.post(
            "/me/subscriptions", who, {"id": str(uuid.uuid4()), "answers": {"sandbox-flag": "accept"}}
        ),
        _everyone(200),
    ),
    ("DELETE", "/api/v1/me/employee-relation"): Row(
        lambda api, who, t: api.call("DELETE", "/me/employee-relation", who), _everyone(204)
    ),
    ("GET", "/api/v1/me/notices"): Row(lambda api, who, t: api.get("/me/notices", who), _everyone(200)),
    ("POST", "/api/v1/me/notices/read"): Row(
        lambda api, who, t: api.post("/me/notices/read", who, {"ids": [t.notice]}), _everyone(200)
    ),
    ("GET", "/api/v1/me/notice-settings"): Row(lambda api, who, t: api.get("/me/notice-settings", who), _everyone(200)),
    ("PUT", "/api/v1/me/notice-settings"): Row(
        lambda api, who, t: api.call(
            "PUT", "/me/notice-settings", who, json={"items": [{"kind": "reminder", "wechat": False}]}
        ),
        _everyone(200),
    ),
    ("GET", "/api/v1/notices/dead"): Row(
        lambda api, who, t: api.get("/notices/dead", who),
        {200: KEEPERS | FAR_KEEPERS, **_rest(403, KEEPERS, FAR_KEEPERS), 401: {NOBODY}},
        KEEPERS,
        "notice",
    ),
    ("POST", "/api/v1/notices/{notice_id}/resend"): Row(
        # once it is on its way there is nothing to send again
        lambda api, who, t: api.post(f"/notices/{t.notice}/resend", who),
        {
            200: {"bureau"},
            409: KEEPERS - {"bureau"},
            404: FAR_KEEPERS,
            **_rest(403, KEEPERS, FAR_KEEPERS),
            401: {NOBODY},
        },
        first="bureau",
    ),
    ("GET", "/api/v1/consents"): Row(lambda api, who, t: api.get("/consents", who), _everyone(200)),
    ("POST", "/api/v1/consents"): Row(
        lambda api, who, t: api.post("/consents", who, {"version": consent.CURRENT_VERSION, "agreed": True}),
        _everyone(200),
    ),
    ("POST", "/api/v1/checkins/tickets"): Row(lambda api, who, t: api.post("/checkins/tickets", who), _everyone(201)),
    ("POST", "/api/v1/checkins"): Row(_submit, _everyone(201)),
    ("GET", "/api/v1/checkins"): Row(
        lambda api, who, t: api.get("/checkins", who), _everyone(200), WATCHERS, "checkin"
    ),
    ("GET", "/api/v1/checkins/{checkin_id}"): Row(
        lambda api, who, t: api.get(f"/checkins/{t.checkin}", who),
        {200: WATCHERS, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/checkins/{checkin_id}/reviews"): Row(
        lambda api, who, t: api.post(f"/checkins/{t.checkin}/reviews", who, {"decision": "accepted"}),
        # the first decides, the second is told who did
        {201: {"bureau"}, 409: {"bureau2"}, 403: WATCHERS - BUREAU, **_rest(404, WATCHERS), 401: {NOBODY}},
        first="bureau",
    ),
    ("DELETE", "/api/v1/checkins/{checkin_id}/reviews/{review_id}"): Row(
        # whoever decided, and nobody else
        lambda api, who, t: api.call("DELETE", "/checkins/{}/reviews/{}".format(*t.review), who),
        {200: {"bureau"}, 403: WATCHERS - {"bureau"}, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/reviews/waiting"): Row(
        lambda api, who, t: api.get("/reviews/waiting", who), _everyone(200), BUREAU, "waiting"
    ),
    ("GET", "/api/v1/checkins/{checkin_id}/comments"): Row(
        lambda api, who, t: api.get(f"/checkins/{t.checkin}/comments", who),
        {200: WATCHERS, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/checkins/{checkin_id}/comments"): Row(
        lambda api, who, t: api.post(f"/checkins/{t.checkin}/comments", who, {"text": "我在场"}),
        {201: WATCHERS - {"chen"}, 403: {"chen"}, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/appeals"): Row(
        # bureau rejected the check-in, so bureau2 alone may answer
        lambda api, who, t: api.get("/appeals", who),
        _everyone(200),
        {"bureau2"},
        "appeal",
    ),
    ("POST", "/api/v1/checkins/{checkin_id}/appeals"): Row(
        lambda api, who, t: api.post(f"/checkins/{t.rejected}/appeals", who, {"statement": "当时在地下室"}),
        # chen's own appeal is open already: 409, which is hers alone to be told
        {409: {"chen"}, 403: WATCHERS - {"chen"}, **_rest(404, WATCHERS), 401: {NOBODY}},
        there="appeal",
    ),
    ("POST", "/api/v1/appeals/{appeal_id}/decision"): Row(
        lambda api, who, t: api.post(f"/appeals/{t.appeal}/decision", who, {"upheld": True, "answer": "已核实"}),
        # bureau rejected the check-in, so bureau2 alone may answer
        {200: {"bureau2"}, 403: WATCHERS - {"bureau2"}, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/attestations"): Row(
        _attest,
        {
            201: {"colleague", "leader", "supervisor", "bureau", "bureau2", "county_leader"},
            403: {"chen"},
            404: {"admin"} | SIBLING | OTHER_COUNTY,
            401: {NOBODY},
        },
    ),
    ("GET", "/api/v1/me/attestations"): Row(
        lambda api, who, t: api.get("/me/attestations", who), _everyone(200), {"colleague"}, "attestation"
    ),
    ("POST", "/api/v1/attestations/{attestation_id}/withdrawal"): Row(
        lambda api, who, t: api.post(f"/attestations/{t.attestation}/withdrawal", who, {"reason": "不在驻点"}),
        # bureau sets it aside; who vouched, and bureau2, find that done: 409, which is theirs to be told
        {
            200: {"bureau"},
            409: {"bureau2", "colleague"},
            403: WATCHERS - BUREAU,
            **_rest(404, WATCHERS, {"colleague"}),
            401: {NOBODY},
        },
        there="attestation",
        first="bureau",
    ),
    ("GET", "/api/v1/photos/{photo_id}"): Row(
        # The link is the key: without one nobody sees a photo, whoever is signed in.
        lambda api, who, t: api.get(f"/photos/{t.photo}", who, token="guessed"),
        {403: SIGNED_IN | {NOBODY}},
    ),
    ("GET", "/api/v1/me/today"): Row(lambda api, who, t: api.get("/me/today", who), _everyone(200), finds={"chen"}),
    ("GET", "/api/v1/me/month"): Row(lambda api, who, t: api.get("/me/month", who), _everyone(200), finds={"chen"}),
    ("GET", "/api/v1/me/file"): Row(lambda api, who, t: api.get("/me/file", who), _everyone(200)),
    ("GET", "/api/v1/members/{member_id}/month"): Row(
        lambda api, who, t: api.get(f"/members/{api.cast['chen'].id}/month", who),
        {200: WATCHERS, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/units/{unit_id}/month"): Row(
        lambda api, who, t: api.get(f"/units/{api.cast.units['east']}/month", who),
        {200: UNIT_WATCHERS, **_rest(404, UNIT_WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/months/{month}/table"): Row(
        lambda api, who, t: api.get("/months/2026-11/table", who),
        {200: TABLE_READERS, **_rest(403, TABLE_READERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/months/{month}/close"): Row(
        # November is not over: 409 for those who may close it
        lambda api, who, t: api.post("/months/2026-11/close", who),
        {409: BUREAU | {"far_bureau"}, **_rest(403, BUREAU, {"far_bureau"}), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/months/{month}/verify"): Row(
        # it is not closed: 404 for those who may verify it
        lambda api, who, t: api.get("/months/2026-11/verify", who),
        {404: VERIFIERS, **_rest(403, VERIFIERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/policies"): Row(
        lambda api, who, t: api.get("/policies", who), {200: VERIFIERS, **_rest(403, VERIFIERS), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/policies"): Row(
        _policy("/policies"), {201: {"admin", "far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/policies/preview"): Row(
        _policy("/policies/preview"), {200: {"admin", "far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/leaves"): Row(
        # who is posted nowhere has nothing to ask for
        _ask_for_leave,
        {201: POSTED, **_rest(422, POSTED), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/leaves"): Row(lambda api, who, t: api.get("/leaves", who), _everyone(200), WATCHERS, "leave"),
    ("POST", "/api/v1/leaves/{leave_id}/decision"): Row(
        # one day: the unit decides, and whoever stands above it; the first to do so is followed by 409
        lambda api, who, t: api.post(f"/leaves/{t.leave}/decision", who, {"approved": True}),
        {
            200: {"bureau"},
            409: {"bureau2", "county_leader", "supervisor"},
            403: {"chen", "leader"},
            **_rest(404, WATCHERS),
            401: {NOBODY},
        },
        first="bureau",
    ),
    ("POST", "/api/v1/leaves/{leave_id}/revocation"): Row(
        lambda api, who, t: api.post(f"/leaves/{t.approved}/revocation", who, {"reason": "查实没有出差"}),
        # bureau revokes it; who else might have is told that it is done
        {
            200: {"bureau"},
            409: {"bureau2", "county_leader", "supervisor"},
            403: {"chen", "leader"},
            **_rest(404, WATCHERS),
            401: {NOBODY},
        },
        first="bureau",
    ),
    ("POST", "/api/v1/leaves/{leave_id}/withdrawal"): Row(
        lambda api, who, t: api.post(f"/leaves/{t.leave}/withdrawal", who, {"reason": "会议取消"}),
        {200: {"chen"}, 403: WATCHERS - {"chen"}, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/me/complaints"): Row(
        lambda api, who, t: api.post(
            "/me/complaints", who, {"id": str(uuid.uuid4()), "kind": "suggestion", "text": "建议增加交通补贴"}
        ),
        _everyone(201),
    ),
    ("GET", "/api/v1/me/complaints"): Row(
        lambda api, who, t: api.get("/me/complaints", who), _everyone(200), {"chen"}, "complaint"
    ),
    ("GET", "/api/v1/complaints"): Row(
        lambda api, who, t: api.get("/complaints", who),
        {200: KEEPERS | FAR_KEEPERS, **_rest(403, KEEPERS, FAR_KEEPERS), 401: {NOBODY}},
        KEEPERS,
        "complaint",
    ),
    ("POST", "/api/v1/complaints/{complaint_id}/answer"): Row(
        # the first to answer is followed by 409; of another county there is no such complaint
        lambda api, who, t: api.post(f"/complaints/{t.complaint}/answer", who, {"answer": "已向上级反映"}),
        {
            200: {"bureau"},
            409: KEEPERS - {"bureau"},
            404: FAR_KEEPERS,
            **_rest(403, KEEPERS, FAR_KEEPERS),
            401: {NOBODY},
        },
        first="bureau",
    ),
    ("GET", "/api/v1/companies"): Row(lambda api, who, t: api.get("/companies", who, q="汇川"), _ALL_BUT_ADMINS),
    ("GET", "/api/v1/chains"): Row(
        lambda api, who, t: api.get("/chains", who), {200: CHAIN_READERS, **_rest(403, CHAIN_READERS), 401: {NOBODY}}
    ),
    ("GET", "/api/v1/chains/{node_id}/companies"): Row(
        lambda api, who, t: api.get(f"/chains/{t.node}/companies", who),
        {200: CHAIN_READERS, **_rest(403, CHAIN_READERS), 401: {NOBODY}},
    ),
    ("PUT", "/api/v1/companies/{company_id}/node"): Row(
        lambda api, who, t: api.call("PUT", f"/companies/{t.company}/node", who, json={"node": t.node}),
        COMPANY_KEPT,
    ),
    ("GET", "/api/v1/companies/{company_id}"): Row(
        # what it is everybody in the county may know; chen's lead is told to those above her
        lambda api, who, t: api.get(f"/companies/{t.company}", who),
        {200: (OWN | SIBLING) - _ADMINS, 403: _ADMINS, **_rest(404, OWN, SIBLING, _ADMINS), 401: {NOBODY}},
        LEAD_WATCHERS,
    ),
    ("POST", "/api/v1/companies/{company_id}/changes"): Row(
        lambda api, who, t: api.post(f"/companies/{t.company}/changes", who, {"home_city": "苏州"}), COMPANY_KEPT
    ),
    ("POST", "/api/v1/companies/alike"): Row(
        lambda api, who, t: api.post("/companies/alike", who, {"name": "汇川"}), _ALL_BUT_ADMINS
    ),
    ("POST", "/api/v1/companies/{company_id}/requests"): Row(
        # of the squad that has it nobody; of another the first; of another county there is no such company
        _ask_about,
        {
            201: {"neighbour"},
            409: LEAD_SQUAD | {"other_leader"},
            404: FAR_SQUAD,
            **_rest(403, POSTED),
            401: {NOBODY},
        },
        first="neighbour",
    ),
    ("POST", "/api/v1/companies/{company_id}/take"): Row(
        # it is not in the pool: chen has it, and is told so
        lambda api, who, t: api.post(f"/companies/{t.company}/take", who, {}),
        {200: {"chen"}, 409: POSTED - FAR_SQUAD - {"chen"}, 404: FAR_SQUAD, **_rest(403, POSTED), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/leads"): Row(_report, {201: POSTED, **_rest(403, POSTED), 401: {NOBODY}}),
    ("GET", "/api/v1/me/lead-filters"): Row(lambda api, who, t: api.get("/me/lead-filters", who), _everyone(200)),
    ("POST", "/api/v1/me/lead-filters"): Row(_keep_filter, _everyone(201)),
    ("PUT", "/api/v1/me/lead-filters/{filter_id}/name"): Row(
        lambda api, who, t: api.call("PUT", f"/me/lead-filters/{t.filter}/name", who, json={"name": "改名"}),
        {200: {"chen"}, **_rest(404, {"chen"}), 401: {NOBODY}},
    ),
    ("DELETE", "/api/v1/me/lead-filters/{filter_id}"): Row(
        lambda api, who, t: api.call("DELETE", f"/me/lead-filters/{t.filter}", who),
        {204: {"chen"}, **_rest(404, {"chen"}), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/leads"): Row(lambda api, who, t: api.get("/leads", who), _everyone(200), LEAD_WATCHERS, "lead"),
    ("GET", "/api/v1/leads/{lead_id}"): Row(
        lambda api, who, t: api.get(f"/leads/{t.lead}", who),
        {200: LEAD_WATCHERS, **_rest(404, LEAD_WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/leads/{lead_id}/changes"): Row(
        lambda api, who, t: api.post(f"/leads/{t.lead}/changes", who, {"intent": "扩建"}),
        {200: LEAD_SQUAD, **LEAD_WORK},
    ),
    ("POST", "/api/v1/leads/{lead_id}/stages"): Row(
        lambda api, who, t: api.post(f"/leads/{t.lead}/stages", who, {"stage": "contacted"}),
        {200: LEAD_SQUAD, **LEAD_WORK},
    ),
    ("POST", "/api/v1/leads/{lead_id}/updates"): Row(_follow_up, {201: LEAD_SQUAD, **LEAD_WORK}),
    ("POST", "/api/v1/leads/{lead_id}/photos"): Row(_add_photo, {201: LEAD_SQUAD, **LEAD_WORK}),
    ("POST", "/api/v1/leads/{lead_id}/closing"): Row(
        # one at a time: the colleagues are told that it waits already
        _ask_to_close,
        {201: {"chen"}, 409: LEAD_SQUAD - {"chen"}, **LEAD_WORK},
        first="chen",
    ),
    ("POST", "/api/v1/leads/{lead_id}/reopen"): Row(  # it is open: nothing changes
        lambda api, who, t: api.post(f"/leads/{t.lead}/reopen", who, {}),
        {200: LEAD_WATCHERS, **_rest(404, LEAD_WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/escort-leaders"): Row(lambda api, who, t: api.get("/escort-leaders", who), _ALL_BUT_ADMINS),
    ("POST", "/api/v1/leads/{lead_id}/escorts"): Row(
        # one of a lead at a time a leader: the colleagues are told that it waits
        _ask_along,
        {201: {"chen"}, 409: LEAD_SQUAD - {"chen"}, **LEAD_WORK},
        first="chen",
    ),
    ("GET", "/api/v1/escorts"): Row(
        lambda api, who, t: api.get("/escorts", who), _everyone(200), LEAD_WATCHERS, "escort"
    ),
    ("GET", "/api/v1/escorts/{escort_id}"): Row(
        lambda api, who, t: api.get(f"/escorts/{t.escort}", who),
        {200: LEAD_WATCHERS, **_rest(404, LEAD_WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/escorts/{escort_id}/calendar.ics"): Row(
        lambda api, who, t: api.get(f"/escorts/{t.escort}/calendar.ics", who),
        {200: LEAD_WATCHERS, **_rest(404, LEAD_WATCHERS), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/escorts/{escort_id}/answer"): Row(
        lambda api, who, t: api.post(f"/escorts/{t.escort}/answer", who, {"decision": "declined", "word": "开会"}),
        {
            200: {"county_leader", "bureau", "bureau2"},
            403: LEAD_SQUAD | {"supervisor"},
            **_rest(404, LEAD_WATCHERS),
            401: {NOBODY},
        },
        first="county_leader",
    ),
    ("POST", "/api/v1/escorts/{escort_id}/call-off"): Row(
        lambda api, who, t: api.post(f"/escorts/{t.escort}/call-off", who, {"reason": "企业改期"}),
        {
            200: LEAD_SQUAD | {"county_leader", "bureau", "bureau2"},
            403: {"supervisor"},
            **_rest(404, LEAD_WATCHERS),
            401: {NOBODY},
        },
        first="chen",
    ),
    ("POST", "/api/v1/escorts/{escort_id}/outcome"): Row(  # nothing is agreed yet
        lambda api, who, t: api.post(f"/escorts/{t.escort}/outcome", who, {"outcome": "谈妥"}),
        {
            409: LEAD_SQUAD | {"county_leader", "bureau", "bureau2"},
            403: {"supervisor"},
            **_rest(404, LEAD_WATCHERS),
            401: {NOBODY},
        },
    ),
    ("GET", "/api/v1/me/escorts.ics"): Row(lambda api, who, t: api.get("/me/escorts.ics", who), _everyone(200)),
    ("POST", "/api/v1/draws"): Row(_draw, {201: DRAWING, **_rest(403, DRAWING), 401: {NOBODY}}),
    ("GET", "/api/v1/draws"): Row(lambda api, who, t: api.get("/draws", who), _everyone(200), UNIT_WATCHERS, "draw"),
    ("GET", "/api/v1/draws/{draw_id}"): Row(
        lambda api, who, t: api.get(f"/draws/{t.draw}", who),
        {200: UNIT_WATCHERS, **_rest(404, UNIT_WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/draws/{draw_id}/verification"): Row(  # for who was in it, too
        lambda api, who, t: api.get(f"/draws/{t.draw}/verification", who),
        {200: UNIT_WATCHERS | {"chen"}, **_rest(404, UNIT_WATCHERS, {"chen"}), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/spot-checks"): Row(
        lambda api, who, t: api.get("/spot-checks", who), _everyone(200), UNIT_WATCHERS, "spot_check"
    ),
    ("GET", "/api/v1/me/spot-checks"): Row(
        lambda api, who, t: api.get("/me/spot-checks", who), _everyone(200), {"chen"}, "spot_check"
    ),
    ("POST", "/api/v1/me/spot-checks/{check_id}/camera"): Row(
        lambda api, who, t: api.post(f"/me/spot-checks/{t.spot_check}/camera", who),
        {201: {"chen"}, **_rest(404, {"chen"}), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/spot-checks/{check_id}/explanation"): Row(
        lambda api, who, t: api.post(f"/spot-checks/{t.missed}/explanation", who, {"excuse": "driving"}),
        {200: {"chen"}, **_rest(404, {"chen"}), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/spot-checks/{check_id}/decision"): Row(
        lambda api, who, t: api.post(
            f"/spot-checks/{t.missed}/decision", who, {"decision": "excused", "reason": "属实"}
        ),
        {
            200: {"supervisor"},
            409: UNIT_WATCHERS - {"supervisor"},
            404: DRAWING - UNIT_WATCHERS,
            **_rest(403, DRAWING),
            401: {NOBODY},
        },
        first="supervisor",
    ),
    ("GET", "/api/v1/spot-calls"): Row(
        lambda api, who, t: api.get("/spot-calls", who), {200: DRAWING, **_rest(403, DRAWING), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/spot-checks/{check_id}/calls"): Row(
        _call,
        {201: UNIT_WATCHERS, 404: DRAWING - UNIT_WATCHERS, **_rest(403, DRAWING), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/spot-results"): Row(
        lambda api, who, t: api.get("/spot-results", who, month="2026-11"),
        {200: DRAWING, **_rest(403, DRAWING), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/lead-requests"): Row(
        lambda api, who, t: api.get("/lead-requests", who), _everyone(200), UNIT_WATCHERS, "closing"
    ),
    ("POST", "/api/v1/lead-requests/{request_id}/decision"): Row(
        lambda api, who, t: api.post(
            f"/lead-requests/{t.closing}/decision", who, {"decision": "refused", "answer": "再联系"}
        ),
        {200: {"bureau"}, 409: UNIT_WATCHERS - {"bureau"}, **_rest(404, UNIT_WATCHERS), 401: {NOBODY}},
        first="bureau",
    ),
    ("POST", "/api/v1/members/{member_id}/leads/handover"): Row(
        # chen's colleague is in nobody's hands but those above their squad
        _hand_over,
        {
            200: UNIT_WATCHERS | {"leader"},
            404: {"far_leader", "far_supervisor", "far_bureau", "far_county_leader"},
            403: {"chen", "colleague", "neighbour", "outsider", "other_leader", "other_supervisor"} | _ADMINS,
            401: {NOBODY},
        },
    ),
    ("GET", "/api/v1/squads"): Row(lambda api, who, t: api.get("/squads", who), _everyone(200)),
    ("GET", "/api/v1/squads/{squad_id}/today"): Row(
        lambda api, who, t: api.get(f"/squads/{api.cast.squads['east-1']}/today", who),
        {200: WATCHERS | {"colleague"}, **_rest(404, WATCHERS, {"colleague"}), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/units"): Row(
        lambda api, who, t: api.post("/units", who, {"name": f"新单位{uuid.uuid4().hex[:6]}"}), _OF_ADMINS_201
    ),
    ("PATCH", "/api/v1/units/{unit_id}"): Row(
        lambda api, who, t: api.call("PATCH", f"/units/{api.cast.units['east']}", who, json={"name": "东城镇"}),
        _OF_OUR_ADMIN_200,
    ),
    ("PATCH", "/api/v1/squads/{squad_id}"): Row(
        lambda api, who, t: api.call("PATCH", f"/squads/{api.cast.squads['east-1']}", who, json={"name": "东城一队"}),
        _OF_OUR_ADMIN_200,
    ),
    ("POST", "/api/v1/squads"): Row(
        # a unit of chen's county: another one's admin finds none of that name
        lambda api, who, t: api.post("/squads", who, {"name": f"新队{uuid.uuid4().hex[:6]}", "unit": "east"}),
        {201: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}},
    ),
    ("PATCH", "/api/v1/stations/{station_id}"): Row(
        lambda api, who, t: api.call("PATCH", f"/stations/{api.cast.stations['east-1']}", who, json={"radius_m": 500}),
        _OF_OUR_ADMIN_200,
    ),
    ("POST", "/api/v1/postings/{posting_id}/end"): Row(
        lambda api, who, t: api.post(f"/postings/{t.posting}/end", who, {"ends_on": "2026-12-31"}),
        _OF_OUR_ADMIN_200,
    ),
    ("POST", "/api/v1/members/{member_id}/roles"): Row(
        lambda api, who, t: api.post(
            f"/members/{api.cast['chen'].id}/roles", who, {"role": "squad_leader", "squad": "east-1"}
        ),
        {201: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}},
    ),
    ("DELETE", "/api/v1/roles/{role_id}"): Row(
        lambda api, who, t: api.call("DELETE", f"/roles/{t.role}", who), _OF_OUR_ADMIN_200
    ),
    ("POST", "/api/v1/stations"): Row(
        _station, {201: {"admin", "far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/members"): Row(
        _new_member, {201: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/postings"): Row(
        _posting, {201: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/members/{member_id}/invites"): Row(
        lambda api, who, t: api.post(f"/members/{api.cast['chen'].id}/invites", who),
        {201: INVITERS, 404: FAR_INVITERS, **_rest(403, INVITERS, FAR_INVITERS), 401: {NOBODY}},
    ),
    ("PATCH", "/api/v1/members/{member_id}"): Row(
        lambda api, who, t: api.call("PATCH", f"/members/{api.cast['chen'].id}", who, json={"phone": "13800001234"}),
        {200: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/members/{member_id}/remove"): Row(
        lambda api, who, t: api.post(f"/members/{api.cast['chen'].id}/remove", who, {"reason": "调离"}),
        {200: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}},
    ),
    ("POST", "/api/v1/members/{member_id}/transfer"): Row(
        _transfer, {200: {"admin"}, 404: {"far_admin"}, **_rest(403, {"admin", "far_admin"}), 401: {NOBODY}}
    ),
    ("POST", "/api/v1/members/{member_id}/lost-phone"): Row(
        lambda api, who, t: api.post(f"/members/{api.cast['chen'].id}/lost-phone", who),
        {201: INVITERS, 404: FAR_INVITERS, **_rest(403, INVITERS, FAR_INVITERS), 401: {NOBODY}},
    ),
    ("GET", "/api/v1/flags"): Row(lambda api, who, t: api.get("/flags", who), _everyone(200), WATCHERS, "flag"),
    ("POST", "/api/v1/flags/{flag_id}/steps"): Row(
        lambda api, who, t: api.post(
            f"/flags/{t.flag}/steps", who, {"step": "circular", "heard": "家中有事", "reason": "未完成任务"}
        ),
        # nobody has talked with her yet: 409, which those who decide on a circular are told
        {409: BUREAU, 403: WATCHERS - BUREAU, **_rest(404, WATCHERS), 401: {NOBODY}},
    ),
    ("GET", "/healthz"): Row(lambda api, who, t: api.get("/healthz", who), {200: SIGNED_IN | {NOBODY}}),
    ("GET", "/readyz"): Row(lambda api, who, t: api.get("/readyz", who), {200: SIGNED_IN | {NOBODY}}),
}


def test_the_matrix_has_one_row_for_each_endpoint_of_the_document(api: Api) -> None:
    document = api.get("/openapi.json").json
    endpoints = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert endpoints == set(MATRIX)


def test_every_row_answers_everybody() -> None:
    for endpoint, row in MATRIX.items():
        answered = sorted(name for names in row.answers.values() for name in names)
        assert answered == sorted(SIGNED_IN | {NOBODY}), endpoint


@pytest.fixture
def config(config: Config, sandbox: RunningSandbox) -> Config:
    """That of a server whose WeChat is the sandbox."""
    return config.model_copy(update={"sandbox_port": sandbox.port})


@pytest.fixture
def target(api: Api, request: pytest.FixtureRequest) -> Target:
    return Target(api, request.getfixturevalue)


@pytest.mark.parametrize("endpoint", sorted(MATRIX), ids=lambda e: f"{e[0]} {e[1]}")
def test_each_caller_gets_the_answer_that_is_theirs(endpoint: tuple[str, str], api: Api, target: Target) -> None:
    row = MATRIX[endpoint]
    if row.there:
        assert getattr(target, row.there)
    expected = {name: status for status, names in row.answers.items() for name in names}
    # Refusals first: whoever succeeds changes the rows that the others were to be refused.
    order = sorted(expected, key=lambda name: (name != row.first, expected[name] < 400, name))
    wrong = {}
    for name in order:
        response = row.call(api, None if name == NOBODY else name, target)
        if response.status_code != expected[name]:
            wrong[name] = f"{response.status_code} instead of {expected[name]}: {response.text[:120]}"
        if row.finds is not None and name != NOBODY:
            found = str(api.cast["chen"].id) in response.text
            if found != (name in row.finds):
                wrong[name] = f"finds chen: {found}"
    assert not wrong
