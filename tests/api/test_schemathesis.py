"""schemathesis over the OpenAPI document: no input makes a server error, and every answer is as the document says.

Checks that are left out, each with its reason:
- negative_data_rejection for the multipart route: everything in a form is a string, so a field "mutated" to a boolean
  or a number arrives as the text it always was, and is rightly taken.
- the same check for what is not a JSON body: a query parameter that nobody knows is ignored, as on any web page.
- positive_data_acceptance: a document cannot say which ids exist or in what state they are; 403, 404 and 409 are right.
- ignored_auth, unsupported_method and the like: test_authorisation.py asserts every endpoint for everybody.
"""

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks
from werkzeug.serving import make_server

from server.app import create_app
from server.config import Config
from server.db import Database
from server.demo.photos import draw_selfie
from server.wechat.sandbox.app import RunningSandbox, create_sandbox
from tests.api.test_escorts import ask as ask_along
from tests.cast import Cast
from tests.client import Api
from tests.conftest import StoppedClock

EXAMPLES = 4  # an operation and caller; positive ones with and without real ids, and negative ones
SEED = 20261124
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
JSON = "application/json"
# Callers are signed in by us; a query of unknown parameters finds nothing out.
CONFIG = {"generation": {"with-security-parameters": False, "allow-extra-parameters": False}}
# These end the session or the consent that the others need.
LAST = ("POST /api/v1/consents", "POST /api/v1/logout")


@dataclass(frozen=True)
class Live:
    """The app behind a socket, and ids that exist in it, by the names that the document uses."""

    url: str
    cast: Cast
    known: dict[str, str]


@pytest.fixture
def live(
    config: Config, db: Database, clock: StoppedClock, cast: Cast, flag_chen: None, chain_node: uuid.UUID
) -> Iterator[Live]:
    sandbox = RunningSandbox(create_sandbox(config.wechat_appid, config.wechat_secret))
    app = create_app(config.model_copy(update={"sandbox_port": sandbox.port}), clock=clock, db=db)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{server.port}", cast, _known(Api(app, cast, clock), chain_node))
    server.shutdown()
    thread.join()
    server.server_close()
    sandbox.stop()


def _known(api: Api, chain_node: uuid.UUID) -> dict[str, str]:
    checkin, rejected = api.check_in("chen").json["id"], api.check_in("chen").json["id"]
    ruling = {"decision": "rejected", "reason": "看不清人", "code": "other"}
    review = api.post(f"/checkins/{rejected}/reviews", "bureau2", ruling).json["review"]["id"]
    appeal = api.post(f"/checkins/{rejected}/appeals", "chen", {"statement": "光线太暗"}).json["id"]
    photo = api.get(f"/checkins/{checkin}", "chen").json["photo"]["url"].split("?")[0].rpartition("/")[2]
    told = {"id": str(uuid.uuid4()), "company": {"name": "苏州汇川技术有限公司"}, "channel": "chamber"}
    lead = api.post("/leads", "chen", told | {"reported_at": api.clock().isoformat()}).json
    asked = {"id": str(uuid.uuid4()), "code": "no_reply", "tried": "电话三次", "evidence": "前台回复"}
    request = api.post(f"/leads/{lead['id']}/closing", "chen", asked).json["id"]
    kept = api.post("/me/lead-filters", "chen", {"name": "大项目", "wanted": {"invest_from": 10000}}).json["id"]
    escort = ask_along(api, lead["id"]).json["id"]
    draw = api.post("/draws", "bureau", {"id": str(uuid.uuid4()), "kind": "selfie"}).json["id"]
    chen, unit = str(api.cast["chen"].id), str(api.cast.units["east"])
    squad, station = str(api.cast.squads["east-1"]), str(api.cast.stations["east-1"])
    asked = {"kind": "training", "starts_on": "2026-11-25", "reason": "招商培训"}
    leave = api.post("/leaves", "colleague", asked).json["id"]
    flag = api.get("/flags", "bureau").json["items"][0]["id"]
    return {
        **{
            **{
                f"{nobodys}_id": str(uuid.uuid4())
                for nobodys in ("notice", "sign_in", "complaint", "posting", "role", "check")
            },
            "escort_id": escort,
            "draw_id": draw,
            "leave_id": leave,
            "lead_id": lead["id"],
            "company_id": lead["company"]["id"],
            "request_id": request,
            "filter_id": kept,
            "node_id": str(chain_node),
            "review_id": review,
            "station_id": station,
            "flag_id": flag,
            "unit_id": unit,
            "month": "2026-11",
        },
        "code": "a-code-that-is-nobodys",
        **{"checkin_id": checkin, "appeal_id": appeal, "photo_id": photo, "member_id": chen, "squad_id": squad},
        **{"member": chen, "unit": unit, "squad": squad, "station": station},
    }


# By whom and on which database: a statement that either of them alone cannot take shows with somebody who may send it.
@pytest.mark.parametrize(
    ("database_url", "who"),
    [("postgresql", "chen"), ("sqlite", "bureau"), ("postgresql", "admin")],
    indirect=["database_url"],
)
def test_no_input_breaks_the_api_or_its_document(who: str, live: Live) -> None:
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_url(f"{live.url}/openapi.json", config=config)
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda o: (o.label in LAST, o.label))
    assert len(operations) >= 24
    reached = {operation.label: _explore(operation, who, live) for operation in operations}
    # An exploration that never gets past the doors proves nothing: with real ids most operations must succeed.
    assert sum(200 in codes or 201 in codes or 204 in codes for codes in reached.values()) >= 12, reached


def _explore(operation: Any, who: str, live: Live) -> set[int]:
    """Try one operation; the status codes that came. Raises what schemathesis found."""
    codes = set()
    positive = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    cases = [positive, positive.map(lambda case: _with_real_ids(case, live.known))]
    if _has_input(operation):
        cases.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(cases))
    def attempt(case: Case) -> None:
        answer = case.call(base_url=live.url, headers={"Authorization": f"Bearer {live.cast[who].token}"})
        codes.add(answer.status_code)
        case.validate_response(answer, checks=_checks(case))

    attempt()
    return codes


def _has_input(operation: Any) -> bool:
    """Whether there is anything to get wrong."""
    return bool(operation.body) or any(True for _ in operation.iter_parameters())


def _checks(case: Case) -> list[Any]:
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    broken = body is not None and body.mode is GenerationMode.NEGATIVE and case.media_type == JSON
    return [*CHECKS, checks.negative_data_rejection] if broken else CHECKS


def _with_real_ids(case: Case, known: dict[str, str]) -> Case:
    """The case, about rows that exist, and with a photo where there is one to send."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body |= {name: known[name] for name in case.body if name in known}
        if "photo" in case.body:
            case.body["photo"] = draw_selfie(9, size=(240, 320))
    return case
