"""控制台登录 by name, password and a code of an authenticator (TOTP, RFC 6238): for a desk, where no WeChat is at hand.

Passwords are kept as argon2id under the parameters OWASP names first (19 MiB, 2 passes, 1 lane). No code works twice.
What was wrong is not said: neither whether there is such a name.
"""

import base64
import os
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import structlog
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from server.audit.journal import record
from server.db import hold_member
from server.errors import AppError, conflict, forbidden, invalid
from server.org.models import ConsoleAccount, Member
from server.org.scope import Caller, hold_caller
from server.org.scope import county as in_county
from server.sealing import CannotOpen, Sealer

log = structlog.get_logger()
SUPERVISING = ("squad_leader", "unit_supervisor", "bureau_supervisor", "county_leader", "admin")
TOTP_OF = "console:{}:totp"  # what a secret is sealed as, by the member's id
_STEP_S = 30
_DRIFT_STEPS = 1  # a clock half a minute off, or a code typed slowly
_FEWEST_DIFFERENT = 5
_ISSUER = "驻点通"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the authenticator is to be told, shown once."""

    username: str
    secret: str  # base32, as it is typed in
    uri: str  # otpauth://…, as it is scanned


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What the caller wants; `totp`: of the authenticator in use, where an account is in force."""

    username: str
    password_hash: str
    totp: str


def account_of(session: Session, caller: Caller) -> ConsoleAccount | None:
    """The caller's own account, confirmed or not."""
    found: ConsoleAccount | None = session.scalar(
        in_county(caller, ConsoleAccount).where(ConsoleAccount.member_id == caller.member_id)
    )
    return found


def hash_password(password: str) -> str:
    """argon2id in PHC format. 20 MB and a tenth of a second: not inside a transaction."""
    return _argon2(os.urandom(16)).derive_phc_encoded(password.encode())


def require_strong(username: str, password: str) -> None:
    """Raise 422 for a password that is guessed before anything else. Its length is the schema's to refuse."""
    if username.lower() in password.lower() or len(set(password)) < _FEWEST_DIFFERENT:
        raise invalid("password_weak", "密码太容易猜：不能包含用户名，也不能只由几个字符重复而成。")


def enrol(session: Session, sealer: Sealer, caller: Caller, new: NewAccount, now: datetime) -> Enrolment:
    """A new account, or a new name, password and secret for one: then `new.totp` must be the old secret's.

    Not in force before `confirm`. Raises 403 for who supervises nobody, 409 for a name that is taken.
    """
    caller.require(*SUPERVISING)
    hold_caller(session, caller)
    account = account_of(session, caller)
    if account is None or not account.confirmed_at:
        caller.require_phone()  # a browser somebody else sits at must not become a way in that lasts
    elif not _take_code(session, sealer, account, new.totp, now):
        raise forbidden("code_wrong", "请输入现在的动态码；验证器不在身边的话，先在小程序里停用控制台密码。")
    taken = session.scalar(select(ConsoleAccount.member_id).where(ConsoleAccount.username == new.username))
    if taken not in (None, caller.member_id):
        raise conflict("username_taken", "这个用户名已被使用，请换一个。")
    secret = secrets.token_bytes(20)
    values = {
        "username": new.username,
        "password_hash": new.password_hash,
        "totp_sealed": sealer.seal(secret.hex(), TOTP_OF.format(caller.member_id)),
        "totp_step": 0,
        "created_at": now,
        "confirmed_at": None,
    }
    if account is None:
        session.add(ConsoleAccount(county_id=caller.county_id, member_id=caller.member_id, **values))
    else:
        session.execute(update(ConsoleAccount).where(*_is(account)).values(values))
    session.flush()
    record(session, caller.county_id, caller.member_id, "console.enrolled", caller.member_id, {}, now)
    return Enrolment(new.username, base64.b32encode(secret).decode(), _uri(new.username, secret))


def confirm(session: Session, sealer: Sealer, caller: Caller, code: str, now: datetime) -> None:
    """The authenticator's first code puts the account in force. Confirming again changes nothing."""
    hold_caller(session, caller)
    account = account_of(session, caller)
    if account is None:
        raise conflict("not_enrolled", "请先设置用户名和密码。")
    if account.confirmed_at:
        return
    if not _take_code(session, sealer, account, code, now):
        raise forbidden("code_wrong", "动态码不对，请看验证器里现在的六位数字；手机时间须准确。")
    session.execute(update(ConsoleAccount).where(*_is(account)).values(confirmed_at=now))
    record(session, caller.county_id, caller.member_id, "console.confirmed", caller.member_id, {}, now)


def remove(session: Session, county_id: int, member_id: uuid.UUID, actor_id: uuid.UUID | None, now: datetime) -> bool:
    """No sign-in by password any more; False when there was none."""
    of_it = (ConsoleAccount.county_id == county_id, ConsoleAccount.member_id == member_id)
    if session.execute(delete(ConsoleAccount).where(*of_it).returning(ConsoleAccount.member_id)).first() is None:
        return False
    record(session, county_id, actor_id, "console.removed", member_id, {}, now)
    return True


def find(session: Session, username: str) -> ConsoleAccount | None:
    """The account in force under this name."""
    return session.scalar(
        select(ConsoleAccount).where(ConsoleAccount.username == username, ConsoleAccount.confirmed_at.is_not(None))
    )


def is_password(account: ConsoleAccount | None, password: str) -> bool:
    """As slow for a name that nobody has. Not inside a transaction."""
    known = account.password_hash if account else _nobodys()
    try:
        Argon2id.verify_phc_encoded(password.encode(), known)
    except InvalidKey:
        return False
    return account is not None


def admit(session: Session, sealer: Sealer, account: ConsoleAccount, code: str, now: datetime) -> Member | None:
    """The member whose code this is, once: whose password was right. None when it is not, or was used. Whoever
    ends their sessions right now ends this one, too, or takes the account before."""
    hold_member(session, account.county_id, account.member_id)
    if not _take_code(session, sealer, account, code, now):
        return None
    return session.scalar(
        select(Member).where(
            Member.county_id == account.county_id, Member.id == account.member_id, Member.removed_at.is_(None)
        )
    )


def wrong() -> AppError:
    """The one answer to everything that may be wrong with an attempt."""
    return AppError(401, "credentials_wrong", "用户名、密码或动态码不对；动态码每个只能用一次。")


def _take_code(session: Session, sealer: Sealer, account: ConsoleAccount, code: str, now: datetime) -> bool:
    """Whether the code is right and its step newer than the last that was taken, which it then is."""
    step = _step_of(_secret_of(account, sealer), code, now)
    if step is None:
        return False
    taken = (
        update(ConsoleAccount)
        .where(*_is(account), ConsoleAccount.totp_sealed == account.totp_sealed, ConsoleAccount.totp_step < step)
        .values(totp_step=step)
        .returning(ConsoleAccount.totp_step)
    )
    return session.execute(taken).first() is not None


def _secret_of(account: ConsoleAccount, sealer: Sealer) -> bytes:
    """Raises 409 when none of SEALING_KEYS opens it: the keys are lost, and the phone sets up another."""
    try:
        return bytes.fromhex(sealer.open(account.totp_sealed, TOTP_OF.format(account.member_id)))
    except CannotOpen:
        log.warning("totp_unreadable", member=str(account.member_id))
        detail = "服务器更换了密钥，原来的动态码不能再用；请在小程序里停用控制台密码，再重新设置。"
        raise conflict("totp_unreadable", detail) from None


def _step_of(secret: bytes, code: str, now: datetime) -> int | None:
    totp = _totp(secret)
    current = int(now.timestamp()) // _STEP_S
    for step in range(current - _DRIFT_STEPS, current + _DRIFT_STEPS + 1):
        try:
            totp.verify(code.encode(), step * _STEP_S)
        except InvalidToken:
            continue
        return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), _STEP_S, enforce_key_length=False)  # noqa: S303  # what authenticators can (RFC 6238)


def _uri(username: str, secret: bytes) -> str:
    return _totp(secret).get_provisioning_uri(username, _ISSUER)


def _argon2(salt: bytes) -> Argon2id:
    return Argon2id(salt=salt, length=32, iterations=2, lanes=1, memory_cost=19 * 1024)


def _is(account: ConsoleAccount) -> tuple[ColumnElement[bool], ...]:
    return ConsoleAccount.county_id == account.county_id, ConsoleAccount.member_id == account.member_id


@cache
def _nobodys() -> str:
    return hash_password(secrets.token_urlsafe(16))
