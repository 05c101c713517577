"""By what a person can be reached: a phone number and an e-mail address, in one form, stored sealed, shown masked."""

from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

from server.errors import AppError, invalid
from server.org.models import Member
from server.sealing import CannotOpen, Sealer

_HOME = "CN"  # what a number without a country's code is of
PHONE_OF, EMAIL_OF = "member:{}:phone", "member:{}:email"  # what they are sealed as, by the member's id
_UNREADABLE = "（无法解密）"


@dataclass(frozen=True, slots=True)
class Reach:
    """One person's; None: there is none."""

    phone: str | None
    email: str | None


def normal_phone(text: str) -> str:
    """E.164, such as +8613800001234, of whatever way it is written. Raises 422 `phone_invalid`."""
    try:
        number = phonenumbers.parse(text, _HOME)
    except NumberParseException:
        raise _bad_phone() from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _bad_phone()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _bad_phone() -> AppError:
    return invalid("phone_invalid", "电话号码不对，请填写 11 位手机号；国外的号码前面加国家代码，如 +49。")


def normal_email(text: str) -> str:
    """The address with its domain in small letters; nobody is asked whether it exists. Raises 422 `email_invalid`."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise invalid("email_invalid", "邮箱地址不对，应为 name@example.com 这样的写法。") from None


def write(member: Member, sealer: Sealer, to: Mapping[str, str | None]) -> list[str]:
    """Store `phone` and `email`, those of them that `to` has; None takes one away. The names of those that changed:
    a number that `doubt` took for binding counts as changed when it is entered again."""
    before, changed = whole(member, sealer), []
    if "phone" in to:
        phone = normal_phone(to["phone"]) if to["phone"] else None
        if phone != before.phone or (phone and member.phone_digest is None):
            _set_phone(member, sealer, phone)
            changed.append("phone")
    if "email" in to and (email := normal_email(to["email"]) if to["email"] else None) != before.email:
        member.email_sealed = sealer.seal(email, EMAIL_OF.format(member.id)) if email else None
        changed.append("email")
    return changed


def doubt(member: Member) -> None:
    """The number may be in somebody else's hands: it can be called, but binds nobody until it is entered again."""
    member.phone_digest = None


def _set_phone(member: Member, sealer: Sealer, phone: str | None) -> None:
    member.phone_sealed = sealer.seal(phone, PHONE_OF.format(member.id)) if phone else None
    member.phone_digest = sealer.digest(phone) if phone else None


def whole(member: Member, sealer: Sealer) -> Reach:
    """For whoever sends something there, and for the person's own copy of their data. What none of the keys opens says
    so: a lost key must not take the rest with it."""
    return Reach(
        phone=_opened(member.phone_sealed, sealer, PHONE_OF.format(member.id)),
        email=_opened(member.email_sealed, sealer, EMAIL_OF.format(member.id)),
    )


def masked(member: Member, sealer: Sealer) -> Reach:
    """138****1234 and z***@example.com: enough to tell that it is the right one."""
    found = whole(member, sealer)
    return Reach(_mask_phone(found.phone), _mask_email(found.email))


def _opened(sealed: str | None, sealer: Sealer, of: str) -> str | None:
    if sealed is None:
        return None
    try:
        return sealer.open(sealed, of)
    except CannotOpen:
        return _UNREADABLE


def _mask_phone(phone: str | None) -> str | None:
    if phone is None or phone == _UNREADABLE:
        return phone
    national = phone.removeprefix("+86")
    shown = 3 if national != phone else 4
    return national[:shown] + "*" * max(3, len(national) - shown - 4) + national[-4:]


def _mask_email(email: str | None) -> str | None:
    if email is None or email == _UNREADABLE:
        return email
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"
