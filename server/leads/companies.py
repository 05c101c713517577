"""企业: registering one, finding it however its name is typed, and telling which known ones it may be."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import Session
from stdnum.cn import uscc as check_character

from server.audit.journal import record_all
from server.db import lock
from server.errors import AppError, conflict, invalid, not_found
from server.leads import names
from server.leads.models import Company, CompanyPiece
from server.org.reach import normal_phone
from server.org.scope import Caller
from server.org.scope import county as in_county
from server.progress import each, tell
from server.sealing import CannotOpen, Sealer
from server.together import insert_many

PHONE_OF = "company:{}:phone"  # what it is sealed as, by the company's id
_MOST_READ = 1500  # postings of a piece: a common one says little, and is counted no further
_MOST_RANKED = 120
_A_STEP = 500  # new ones between two words of how far it is
_CLOSE = 0.45  # less of what was typed than this stands in a name that is not meant

Why = Literal["uscc", "phone", "name", "sound"]


@dataclass(frozen=True, slots=True)
class New:
    """A company as somebody enters it; `is_other`: they have seen those it may be, and it is none of them."""

    name: str
    uscc: str | None = None
    phone: str | None = None
    industry: str | None = None
    size: str | None = None
    home_city: str | None = None
    is_other: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """A known company that a new one may be, and by what."""

    company: Company
    why: Why


def normal_uscc(text: str) -> str:
    """18 letters and digits, capitals. Raises 422 `uscc_invalid` for what cannot be one. Its check character is no
    condition, since some that were issued fail it (../shared/data/vectors/uscc.csv): see `is_doubtful`."""
    found = _uscc(text)
    if len(found) != 18 or not found.isascii() or not found.isalnum():
        raise invalid("uscc_invalid", "统一社会信用代码应是 18 位数字和字母。")
    return found


def _uscc(text: str) -> str:
    return "".join(text.split()).upper().replace("-", "")


def is_doubtful(uscc: str) -> bool:
    """Whether its check character (GB 32100-2015) does not fit: mistyped most likely."""
    return not check_character.is_valid(uscc)


def hold_all(session: Session, caller: Caller) -> None:
    """One at a time for whatever gives a company its name or code: two that enter the same new one in one second meet
    here, and the second finds what the first has written."""
    lock(session, f"companies:{caller.county_id}")


def the_one(session: Session, caller: Caller, sealer: Sealer, new: New, now: datetime) -> Company:
    """The company meant by what somebody enters: see `the_ones`. Raises what that answers."""
    (meant,) = the_ones(session, caller, sealer, [new], now)
    if isinstance(meant, AppError):
        raise meant
    return meant


def the_ones(
    session: Session, caller: Caller, sealer: Sealer, entered: Sequence[New], now: datetime
) -> list[Company | AppError]:
    """The companies meant, in their order, each known by its USCC, or by its name unless the codes differ or it
    `is_other`; else a new one, which those after it may mean.

    In place of a company why there is none: 422 for a name or number that cannot be one, 409 `company_unclear` when
    several known ones have this name and no code tells them apart. The rest stands all the same.
    """
    hold_all(session, caller)
    known, made, found = _Known.of(session, caller, entered), list[Company](), list[Company | AppError]()
    for new in each(entered, "已比对", "家企业"):
        try:
            meant = known.meant(new)
            if meant is None:
                meant = _made(caller, sealer, new, now)
                made.append(meant)
                known.add(meant)
            found.append(meant)
        except AppError as why:
            found.append(why)
    session.add_all(made)
    session.flush()
    for start in range(0, len(made), _A_STEP):
        tell("已处理", start, len(made), "家企业")
        index(session, made[start : start + _A_STEP])
    facts = [(one.id, {"name": one.name, "uscc": one.uscc}) for one in made]
    record_all(session, caller.county_id, caller.member_id, "company.added", facts, now)
    return found


class _Known:
    """The county's companies that some that are entered may be, by code and by core."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self._by_uscc: dict[str, Company] = {}
        self._by_core: dict[str, list[Company]] = defaultdict(list)
        for one in companies:
            self.add(one)

    @classmethod
    def of(cls, session: Session, caller: Caller, entered: Sequence[New]) -> "_Known":
        cores, usccs = {names.core(new.name) for new in entered}, {_uscc(new.uscc) for new in entered if new.uscc}
        mine = in_county(caller, Company)
        by_name = session.scalars(mine.where(Company.core.in_(cores))).all()
        by_code = session.scalars(mine.where(Company.uscc.in_(usccs))).all() if usccs else []
        return cls(dict.fromkeys([*by_name, *by_code]))

    def add(self, one: Company) -> None:
        self._by_core[one.core].append(one)
        if one.uscc:
            self._by_uscc[one.uscc] = one

    def meant(self, new: New) -> Company | None:
        """None: none of them."""
        core, uscc = names.core(new.name), normal_uscc(new.uscc) if new.uscc else None
        if not core:
            raise invalid("company_name_invalid", "企业名称里要有文字。")
        if uscc and uscc in self._by_uscc:
            return self._by_uscc[uscc]
        possible = [] if new.is_other else [one for one in self._by_core[core] if uscc is None or one.uscc is None]
        if len(possible) > 1:
            raise conflict(
                "company_unclear", "有几家企业叫这个名字，请从列表里选一家。", companies=[str(c.id) for c in possible]
            )
        if possible and uscc:
            possible[0].uscc = uscc
            self._by_uscc[uscc] = possible[0]
        return possible[0] if possible else None


def _made(caller: Caller, sealer: Sealer, new: New, now: datetime) -> Company:
    made = Company(
        county_id=caller.county_id,
        id=uuid.uuid4(),
        name=new.name,
        core=names.core(new.name),
        sound=names.sound(new.name),
        uscc=normal_uscc(new.uscc) if new.uscc else None,
        industry=new.industry,
        size=new.size,
        home_city=new.home_city,
        added_by=caller.member_id,
        created_at=now,
    )
    set_phone(made, sealer, normal_phone(new.phone) if new.phone else None)
    return made


def set_phone(company: Company, sealer: Sealer, phone: str | None) -> None:
    """`phone`: E.164."""
    company.phone_sealed = sealer.seal(phone, PHONE_OF.format(company.id)) if phone else None
    company.phone_digest = sealer.digest(phone) if phone else None


def phone_of(company: Company, sealer: Sealer) -> str | None:
    """E.164, for those who deal with it; None also where no key opens it any more."""
    try:
        return sealer.open(company.phone_sealed, PHONE_OF.format(company.id)) if company.phone_sealed else None
    except CannotOpen:
        return None


def index(session: Session, companies: Iterable[Company]) -> None:
    """Write by what they are found, of companies for which nothing is written yet."""
    rows = [
        {"county_id": one.county_id, "piece": piece, "company_id": one.id}
        for one in companies
        for piece in sorted(names.pieces(one.name))
    ]
    insert_many(session, CompanyPiece, rows)


def get(session: Session, caller: Caller, company_id: uuid.UUID) -> Company:
    """Of the county's; 404 else."""
    found = session.scalar(in_county(caller, Company).where(Company.id == company_id))
    if found is None:
        raise not_found()
    return found


def alike(session: Session, caller: Caller, sealer: Sealer, new: New) -> list[Alike]:
    """Those it may be, the surest first: the same USCC, the same phone, the same name, the same sound. One with another
    USCC is never among them, however it is called."""
    uscc = normal_uscc(new.uscc) if new.uscc else None
    digests = sealer.digests(normal_phone(new.phone)) if new.phone else []
    asked: list[tuple[Why, ColumnElement[bool] | None]] = [
        ("uscc", Company.uscc == uscc if uscc else None),
        ("phone", Company.phone_digest.in_(digests) if digests else None),
        ("name", Company.core == names.core(new.name)),
        ("sound", Company.sound == names.sound(new.name)),
    ]
    found: dict[uuid.UUID, Alike] = {}
    for why, condition in asked:
        if condition is not None:
            for one in session.scalars(in_county(caller, Company).where(condition).limit(10)):
                found.setdefault(one.id, Alike(one, why))
    return [one for one in found.values() if not (uscc and one.company.uscc and one.company.uscc != uscc)]


def search(session: Session, caller: Caller, sealer: Sealer, typed: str, most: int = 20) -> Sequence[Company]:
    """By USCC, phone, name, initials or sound, the likest first.

    The words by which a name is found are looked up, the rarest first, until they name enough companies; those are
    ranked by how much of what was typed they hold.
    """
    exact = _exactly(session, caller, sealer, typed)
    if exact:
        return exact
    wanted = _rarest(session, caller.county_id, names.asked(typed))
    if not wanted:
        return []
    named = union_all(*(_naming(caller.county_id, piece) for piece in wanted)).subquery()
    times = func.count().label("times")
    ranked = (select(named.c.company_id).group_by(named.c.company_id).order_by(times.desc(), named.c.company_id)).limit(
        _MOST_RANKED
    )
    # A whole name is found however common its words are.
    whole = in_county(caller, Company).with_only_columns(Company.id).where(Company.core == names.core(typed))
    ids = [*session.scalars(whole.limit(most)), *session.scalars(ranked)]
    of = in_county(caller, Company).with_only_columns(Company.id, Company.core, Company.sound)
    likeness = names.Likeness.to(typed)
    rated = [
        (-likeness.of(row.core, row.sound), len(row.core), row.core, row.id)
        for row in session.execute(of.where(Company.id.in_(ids)))
    ]
    close = [one[-1] for one in sorted(rated)[:most] if -one[0] >= _CLOSE]
    found = {one.id: one for one in session.scalars(in_county(caller, Company).where(Company.id.in_(close)))}
    return [found[company_id] for company_id in close]


def _exactly(session: Session, caller: Caller, sealer: Sealer, typed: str) -> Sequence[Company]:
    squeezed = "".join(typed.split())
    if len(squeezed) == 18 and squeezed.isascii() and squeezed.isalnum():
        return session.scalars(in_county(caller, Company).where(Company.uscc == squeezed.upper())).all()
    if sum(character.isdigit() for character in squeezed) >= 7 and not any(c.isalpha() for c in squeezed):
        try:
            digests = sealer.digests(normal_phone(typed))
        except AppError:
            return []  # no number that anybody could be called by
        return session.scalars(in_county(caller, Company).where(Company.phone_digest.in_(digests)).limit(20)).all()
    return []


def _rarest(session: Session, county_id: int, pieces: Collection[str]) -> list[str]:
    """Of these words those that name the fewest companies, together not many more than _MOST_READ. One that names more
    by itself says little: it is read only where there is no other, and not to its end."""
    counts = [
        select(literal(piece).label("piece"), func.count().label("many")).select_from(
            _naming(county_id, piece).subquery()
        )
        for piece in sorted(pieces)
    ]
    if not counts:
        return []
    counted = sorted((row.many, row.piece) for row in session.execute(union_all(*counts)) if row.many)
    wanted: list[str] = []
    total = 0
    for many, piece in counted:
        if not wanted or (many < _MOST_READ and total + many <= 2 * _MOST_READ):
            wanted.append(piece)
            total += many
    return wanted


def _naming(county_id: int, piece: str) -> Select[Any]:
    """The companies that a word names, no further than it is read."""
    of = select(CompanyPiece.company_id).where(CompanyPiece.county_id == county_id, CompanyPiece.piece == piece)
    return select(of.limit(_MOST_READ).subquery())
