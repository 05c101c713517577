"""What can be wrong with a request, as one exception: status, stable code, a Chinese sentence a person can act on."""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """A refusal that the caller may read.

    status: the HTTP status; code: stable, snake_case, for programs; detail: one Chinese sentence for people;
    facts: JSON-ready values that let a client explain the refusal (never a secret, never another person's data).
    """

    def __init__(self, status: int, code: str, detail: str, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.facts = dict(facts or {})


def invalid(code: str, detail: str, **facts: Any) -> AppError:
    """422: the input cannot be read or breaks a rule of its own."""
    return AppError(422, code, detail, facts)


def unauthenticated(code: str = "session_required", detail: str = "登录已失效，请重新登录。") -> AppError:
    """401: nobody is signed in."""
    return AppError(401, code, detail)


def forbidden(code: str, detail: str, **facts: Any) -> AppError:
    """403: the caller is known, the row may be seen, the action is not theirs."""
    return AppError(403, code, detail, facts)


def not_found(detail: str = "没有找到，或您无权查看。") -> AppError:
    """404: the row does not exist for this caller; whether it exists for others is not said."""
    return AppError(404, "not_found", detail)


def conflict(code: str, detail: str, **facts: Any) -> AppError:
    """409: the request contradicts what is already stored."""
    return AppError(409, code, detail, facts)
