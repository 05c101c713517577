"""What an operator sets in WeChat's console: who may call, which pages are released; and the token's grace."""

from dataclasses import dataclass

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field

from server.wechat.sandbox.state import State, state

bp = Blueprint("settings", __name__, url_prefix="/_sandbox")


@dataclass(slots=True)
class Settings:
    """`allowed_ips` empty: every address may call. `released` None: whatever page is asked for is there."""

    allowed_ips: frozenset[str] = frozenset()
    released: frozenset[str] | None = None
    grace_s: float = 300  # how long a token of the old kind still works beside its successor
    unionid: bool = False  # bound to an Open Platform account (开放平台)


class SettingsOrder(BaseModel):
    """What is left out stays as it was; `released` null: every page again."""

    model_config = ConfigDict(extra="forbid")
    allowed_ips: frozenset[str] | None = None
    released: frozenset[str] | None = Field(None, description="pages as in app.json, pages/today/today")
    grace_s: float | None = Field(None, ge=0)
    unionid: bool | None = None


@bp.post("/settings")
def change() -> ResponseReturnValue:
    """Set some of them."""
    order = SettingsOrder.model_validate_json(request.get_data())
    settings = state().of(Settings)
    with state().lock:
        for name in order.model_fields_set:
            value = getattr(order, name)
            if value is not None or name == "released":
                setattr(settings, name, value)
    return jsonify(order.model_dump(mode="json", exclude_unset=True))


def is_released(known: State, page: object) -> bool:
    """Whether the mini-program that people have holds this page; a query behind it does not matter."""
    released = known.of(Settings).released
    return released is None or str(page).partition("?")[0].lstrip("/") in released
