"""How a person can be reached: numbers and addresses in one form, sealed, shown masked."""

import uuid
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import AppError
from server.org import reach
from server.org.models import Member
from server.sealing import Sealer

SEALER = Sealer([Fernet.generate_key().decode()])


def member() -> Member:
    return Member(county_id=1, id=uuid.uuid4(), unit_id=uuid.uuid4(), name="周敏", created_at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("written", "form", "shown"),
    [
        ("13800001234", "+8613800001234", "138****1234"),
        ("138 0000 1234", "+8613800001234", "138****1234"),
        ("+86 138-0000-1234", "+8613800001234", "138****1234"),
        ("008613800001234", "+8613800001234", "138****1234"),
        ("１３８００００１２３４", "+8613800001234", "138****1234"),
        ("0512-66668888", "+8651266668888", "512****8888"),
        ("+49 151 12345678", "+4915112345678", "+491******5678"),
    ],
)
def test_a_number_has_one_form_and_one_mask(written: str, form: str, shown: str) -> None:
    assert reach.normal_phone(written) == form
    someone = member()
    assert reach.write(someone, SEALER, {"phone": written}) == ["phone"]
    assert reach.masked(someone, SEALER).phone == shown
    assert reach.whole(someone, SEALER).phone == form


@pytest.mark.parametrize(
    "written", ["1380000123", "138000012345", "12345", "abc", "+", "+8612345", "110", "13800001234;ext=1"]
)
def test_a_number_that_is_none(written: str) -> None:
    with pytest.raises(AppError) as caught:
        reach.normal_phone(written)
    assert (caught.value.status, caught.value.code) == (422, "phone_invalid")


@pytest.mark.parametrize(
    ("written", "form", "shown"),
    [
        ("zhou.min@Example.COM", "zhou.min@example.com", "z***@example.com"),
        (" a@b.cn ", "a@b.cn", "a***@b.cn"),
        ("周@例子.中国", "周@例子.中国", "周***@例子.中国"),
    ],
)
def test_an_address_has_one_form_and_one_mask(written: str, form: str, shown: str) -> None:
    someone = member()
    assert reach.write(someone, SEALER, {"email": written}) == ["email"]
    assert (reach.whole(someone, SEALER).email, reach.masked(someone, SEALER).email) == (form, shown)


@pytest.mark.parametrize("written", ["zhou", "zhou@", "@b.cn", "zhou@b", "a@b@c.cn", "a b@c.cn", "a@b.cn\nBcc: x@y.cn"])
def test_an_address_that_is_none(written: str) -> None:
    with pytest.raises(AppError) as caught:
        reach.normal_email(written)
    assert (caught.value.status, caught.value.code) == (422, "email_invalid")


def test_what_is_left_out_stays_and_none_takes_away() -> None:
    someone = member()
    assert reach.write(someone, SEALER, {"phone": "13800001234", "email": "a@b.cn"}) == ["phone", "email"]
    sealed = someone.phone_sealed
    assert reach.write(someone, SEALER, {"phone": "+8613800001234"}) == [], "the same number, written otherwise"
    assert someone.phone_sealed == sealed
    assert reach.write(someone, SEALER, {"phone": None}) == ["phone"]
    assert (someone.phone_sealed, someone.phone_digest) == (None, None)
    assert reach.whole(someone, SEALER).email == "a@b.cn"


def test_a_number_is_found_by_its_digest_and_not_read_from_the_row() -> None:
    someone = member()
    reach.write(someone, SEALER, {"phone": "13800001234", "email": "a@b.cn"})
    assert someone.phone_digest in SEALER.digests("+8613800001234")
    stored = f"{someone.phone_sealed}{someone.phone_digest}{someone.email_sealed}"
    assert "13800001234" not in stored
    assert "a@b" not in stored


def test_what_no_key_opens_says_so_and_takes_nothing_with_it() -> None:
    someone = member()
    reach.write(someone, Sealer([Fernet.generate_key().decode()]), {"phone": "13800001234"})
    reach.write(someone, SEALER, {"email": "a@b.cn"})
    assert reach.masked(someone, SEALER) == reach.Reach("（无法解密）", "a***@b.cn")
    assert reach.write(someone, SEALER, {"phone": "13800001234"}) == ["phone"], "entering it again mends it"


@settings(max_examples=30)
@given(st.text(max_size=40))
def test_whatever_is_written_is_a_number_or_refused_and_a_form_is_its_own_form(written: str) -> None:
    try:
        form = reach.normal_phone(written)
    except AppError:
        return
    assert reach.normal_phone(form) == form
    assert form.startswith("+")


@settings(max_examples=30)
@given(st.integers(0, 9_999_9999))
def test_of_a_number_four_digits_at_least_are_hidden(number: int) -> None:
    someone, whole = member(), f"138{number:08}"
    reach.write(someone, SEALER, {"phone": whole})
    shown = reach.masked(someone, SEALER).phone
    assert shown == f"138****{whole[-4:]}"
