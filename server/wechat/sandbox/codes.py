"""Mini-program codes (facts section 10), drawn as QR codes: what they hold can be read off them."""

import io
import re
from typing import Any

import segno
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from PIL import Image

from server.wechat.sandbox import limits, tokens
from server.wechat.sandbox.replies import Refused, posted_json
from server.wechat.sandbox.settings import is_released
from server.wechat.sandbox.state import state

bp = Blueprint("codes", __name__)
VERSIONS = ("release", "trial", "develop")
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
_MOST_SCENE = 32
_WIDTHS = range(280, 1281)
_HOME = "pages/today/today"
_QUIET = 4  # modules of white around a code


@bp.post("/wxa/getwxacodeunlimit")
def getwxacodeunlimit() -> ResponseReturnValue:
    """Any number of codes of 32 characters (scene) for a page that is released, unless `check_path` is false."""
    tokens.require()
    body = posted_json()
    scene, page = body.get("scene"), body.get("page") or _HOME
    if not isinstance(scene, str) or len(scene) > _MOST_SCENE:
        raise Refused(40169, "invalid length for scene, or the data is not json string")
    if not _SCENE.fullmatch(scene):
        raise Refused(40129, "invalid scene")
    if not isinstance(page, str) or "?" in page or page.startswith("/"):
        raise Refused(41030, "invalid page")
    _refuse_reserved(scene + page)
    if body.get("check_path", True) and not is_released(state(), page):
        raise Refused(41030, "invalid page")
    return _drawn(body, f"{page}?scene={scene}")


@bp.post("/wxa/getwxacode")
def getwxacode() -> ResponseReturnValue:
    """A code for a path with its query; with the next a hundred thousand ever, counted in Num-Used."""
    return _of_path(1024)


@bp.post("/cgi-bin/wxaapp/createwxaqrcode")
def createwxaqrcode() -> ResponseReturnValue:
    """The same as a square code, for a shorter path."""
    return _of_path(128)


def _of_path(most: int) -> Response:
    tokens.require()
    body = posted_json()
    path = body.get("path")
    if not isinstance(path, str) or not 1 <= len(path.encode()) <= most:
        raise Refused(40159, "invalid length for path, or the data is not json string")
    _refuse_reserved(path)
    drawn = _drawn(body, path)
    of_path = limits.limits_of(state(), "/wxa/getwxacode")[0]
    drawn.headers["Num-Used"] = str(limits.spent_of(state(), "/wxa/getwxacode", of_path))
    return drawn


def _refuse_reserved(words: str) -> None:
    if "scancode_time" in words:
        raise Refused(85096, "not allow include scancode_time field")


def _drawn(body: dict[str, Any], leads_to: str) -> Response:
    """JPEG, or PNG where the ground is see-through."""
    version, width = body.get("env_version", "release"), body.get("width", 430)
    if version not in VERSIONS or not isinstance(width, int) or width not in _WIDTHS:
        raise Refused(40097, "invalid args")
    code = segno.make(f"weixin://sandbox/{state().appid}/{version}/{leads_to}", error="m", micro=False)
    ground = (255, 255, 255, 0 if body.get("is_hyaline") else 255)
    side = len(code.matrix) + 2 * _QUIET
    image = Image.new("RGBA", (side, side), ground)
    for y, row in enumerate(code.matrix, _QUIET):
        for x, dark in enumerate(row, _QUIET):
            if dark:
                image.putpixel((x, y), (*_colour(body.get("line_color")), 255))
    image = image.resize((width, width), Image.Resampling.NEAREST)
    written = io.BytesIO()
    if body.get("is_hyaline"):
        image.save(written, "PNG")
        return Response(written.getvalue(), mimetype="image/png")
    image.convert("RGB").save(written, "JPEG", quality=90)
    return Response(written.getvalue(), mimetype="image/jpeg")


def _colour(line: object) -> tuple[int, int, int]:
    """Decimal numbers, as text or not."""
    given = line if isinstance(line, dict) else {}
    try:
        red, green, blue = (int(given.get(name, 0)) for name in "rgb")
    except (TypeError, ValueError):
        raise Refused(40097, "invalid args") from None
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise Refused(40097, "invalid args")
    return red, green, blue
