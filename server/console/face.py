"""How a page is drawn, who may come in, and what a refusal looks like: a page, or a sentence on the one there is."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from pydantic import BaseModel, ValidationError

from server.api.problems import Problem, as_refusal
from server.api.services import services
from server.api.session import caller, cookie_name
from server.console.rail import rail_of
from server.org.console import SUPERVISING

face = Blueprint(
    "desk",
    __name__,
    url_prefix="/console",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)
_STATIC = Path(__file__).parent / "static"
Form = TypeVar("Form", bound=BaseModel)
# What answers before anybody is signed in.
_OPEN = ("desk.sign_in", "desk.enter", "desk.static")
# Nothing but our own files: no inline script or style, nothing framed, no form sent elsewhere.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:{tiles}; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


@face.before_request
def _supervisors_only() -> None:
    if request.endpoint not in _OPEN:
        caller().require(*SUPERVISING)


@face.context_processor
def _frame() -> dict[str, Any]:
    """What every page has around it; of those for whoever is not signed in, nothing."""
    who = g.get("caller")
    return {"who": who, "county": who.county_name, "tz": who.tz, "rail": rail_of(who)} if who else {}


def page(template: str, **shown: Any) -> Response:
    """A page, or the part of one that htmx asked for."""
    return Response(render_template(template, **shown), mimetype="text/html")


def form(model: type[Form], given: Mapping[str, Any] | None = None) -> Form:
    """The posted form, typed; what was left empty counts as not given. Raises 422 naming each field."""
    fields = {key: value for key, value in (request.form if given is None else given).items() if value != ""}
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise as_refusal(error) from None


def query(model: type[Form]) -> Form:
    """The filters of the address, typed. Raises 422 naming each field."""
    return form(model, request.args)


def is_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"


def done(said: str, to: str) -> Response:
    """After a change: `said` is shown, and the page at `to` is what the reader sees next."""
    if not is_htmx():
        return redirect(to, 303)  # type: ignore[return-value]
    return say(Response(status=204), said, to)


def say(response: Response, said: str, to: str | None = None) -> Response:
    """Show a sentence beside what this answer brings, or on the page at `to`, which is opened (console.js)."""
    response.headers["HX-Trigger"] = json.dumps({"said": {"text": said, "to": to}})  # ASCII: headers know no Chinese
    return response


def as_page(problem: Problem) -> Response:
    """A refusal: who is not signed in is led to the door, unless something was filled in; htmx gets a sentence for the
    page it is on, others a page."""
    if problem.status == 401:
        return _to_the_door()
    if is_htmx():
        return _on_the_page(page("_refused.html", problem=problem), problem.status)
    response = page("refused.html", problem=problem)
    response.status_code = problem.status
    return response


def _on_the_page(response: Response, status: int) -> Response:
    """A sentence on the page that htmx asked from, which stays as it is."""
    response.status_code = status
    response.headers.update({"HX-Retarget": "#said", "HX-Reswap": "innerHTML"})
    return response


def _to_the_door() -> Response:
    if is_htmx() and request.method != "GET":
        return _on_the_page(page("_expired.html"), 401)  # where what was filled in stays
    if is_htmx():
        here = urlsplit(request.headers.get("HX-Current-URL", ""))
        return Response(status=401, headers={"HX-Redirect": _door(f"{here.path}?{here.query}".rstrip("?"))})
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method == "GET":
        # A link in a mail: SameSite=Strict keeps the cookie back for the first request; asked by our own page it comes.
        return page("again.html", to=request.full_path.rstrip("?"))
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(_door(wanted), 303)  # type: ignore[return-value]


def _door(wanted: str | None) -> str:
    """The sign-in page, which leads on to `wanted` and says why one is there."""
    return url_for("desk.sign_in", next=wanted or None, expired=1 if cookie_name() in request.cookies else None)


def inside(path: str | None) -> str:
    """Where to go after signing in: an address of the console, or its first page."""
    if path and path.startswith("/console/") and "\\" not in path and "//" not in path:
        return path
    return url_for("desk.overview")


@cache
def asset(name: str) -> str:
    """The address of a file of ours, which changes when the file does, so that browsers keep it for good."""
    content = (_STATIC / name).read_bytes() if (_STATIC / name).is_file() else b""
    return f"/console/static/{name}?v={hashlib.blake2b(content, digest_size=6).hexdigest()}"


def has_vendor() -> bool:
    """Whether set-up has brought what the pages load."""
    return (_STATIC / "vendor" / "htmx.min.js").is_file()


def harden(response: Response) -> Response:
    """The console's pages run and show our own files only."""
    if request.path.startswith("/console"):
        tiles = services().config.map_tiles_host
        response.headers["Content-Security-Policy"] = _POLICY.format(tiles=f" {tiles}" if tiles else "")
        if request.endpoint == "desk.static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
