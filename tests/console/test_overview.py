"""总览: in ten seconds who is out, who is missing, what is urgent; each sees the own subtree; one A4 page on paper."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from server.console.overview import together
from server.db import Database
from server.flags.models import Flag
from server.leaves.models import Leave
from server.org.models import Member
from server.tally.models import Policy
from server.tally.rules import PolicyRules
from server.watch.backlog import Alert
from tests.cast import JOINED, SHANGHAI, Cast
from tests.client import Api
from tests.console.conftest import TABLET, Desks
from tests.miniprogram.conftest import RunningClock

FAR_AWAY = {"lat": str(SHANGHAI[0] + 0.3)}


@pytest.fixture
def day(api: Api, db: Database, cast: Cast, clock: RunningClock) -> date:
    """Chen is there, the colleague waits for review, the leader is on leave, two of west are missing; one is behind."""
    api.check_in("chen")
    api.check_in("colleague", **FAR_AWAY)
    on = clock().date()
    with db.transaction() as session:
        leave = {
            "kind": "personal",
            "reason": "家事",
            "starts_on": on - timedelta(days=1),
            "ends_on": on + timedelta(days=1),
        }
        who = {"member_id": cast["leader"].id, "decided_by": cast["bureau"].id, "county_id": 1, "created_at": clock()}
        session.add(Leave(state="approved", **leave, **who))
        flag = {"county_id": 1, "member_id": cast["neighbour"].id, "month": on.replace(day=1), "facts": {}}
        session.add(Flag(kind="at_risk", message="几乎每天都要在岗。", raised_at=clock(), **flag))
    return on


def test_a_leader_of_the_county_sees_it_at_once(desk: Desks, day: date) -> None:
    sitting = desk("county_leader")
    page = sitting.at()
    expect(page.locator(".lead")).to_have_text(
        re.compile(r"今天应打卡 4 人，已打卡 2 人（其中待核 1 人），\s*2 人还没打卡（时段没结束）；1 人请假或公出。")
    )
    today = page.get_by_role("region", name=re.compile("^今天"))
    expect(today.get_by_role("row").filter(has_text="east")).to_contain_text("2 / 2")
    expect(today.get_by_role("row").filter(has_text="west")).to_contain_text("0 / 2")
    missing = page.get_by_role("region", name=re.compile("还没打卡"))
    expect(missing.get_by_role("link")).to_have_text(["neighbour", "other_leader"])
    flags = page.get_by_role("region", name="预警")
    expect(flags).to_contain_text("有风险 1")
    expect(flags.get_by_role("link", name="neighbour")).to_be_visible()
    expect(page.get_by_label("等待处理")).to_contain_text("待核打卡1")
    chart = page.get_by_role("img", name=re.compile(r"各单位进度：日历进度 \d+%。east \d+%，west 0%"))
    expect(chart.locator("canvas")).to_be_visible()
    page.get_by_text("看数字").click()
    expect(page.get_by_role("row").filter(has_text="其中待核")).to_be_visible()
    sitting.shot("overview")
    assert sitting.fits()
    assert sitting.barriers() == []


def test_nobody_is_missing_before_the_last_window_has_ended_where_they_are(
    desk: Desks, day: date, clock: RunningClock
) -> None:
    clock.advance(hours=13, minutes=1)  # 23:01 in Shanghai, 16:01 in Frankfurt
    page = desk("bureau").at()
    expect(page.locator(".lead")).to_contain_text(re.compile(r"2 人还没打卡（时段没结束）"))
    clock.advance(hours=5)  # a new day in Shanghai, 21:01 in Frankfurt
    page.reload()
    expect(page.locator(".lead")).to_contain_text(re.compile(r"\d 人还没打卡（时段没结束）"))
    clock.advance(hours=2)
    page.reload()
    expect(page.get_by_role("region", name=re.compile("未打卡"))).to_contain_text("neighbour")


def test_the_map_says_by_mark_and_by_keyboard_who_stands_where(desk: Desks, day: date) -> None:
    page = desk("bureau").at()
    mark = page.get_by_role("button", name=re.compile("上海驻点：通过 1 人，待核 1 人，已请假 1 人"))
    expect(mark).to_contain_text("2/2")
    expect(page.get_by_role("button", name=re.compile("法兰克福驻点：未打卡 2 人"))).to_be_visible()
    page.get_by_text("驻点分布（文字）").click()  # the same for whoever has no map
    expect(page.get_by_role("listitem").filter(has_text="法兰克福驻点：未打卡 2 人")).to_be_visible()
    mark.focus()
    page.keyboard.press("Enter")
    opened = page.locator(".map-popup")
    expect(opened.get_by_role("listitem")).to_have_text(["chen · 通过", "colleague · 待核", "leader · 已请假"])
    opened.get_by_role("link", name="chen · 通过").click()
    expect(page.get_by_role("heading", name="chen", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("who", "said", "hidden"),
    [
        ("supervisor", "今天应打卡 2 人，已打卡 2 人（其中待核 1 人），无人缺卡", "neighbour"),
        ("other_supervisor", "今天应打卡 2 人，已打卡 0 人", "chen"),
        ("other_leader", "今天应打卡 2 人，已打卡 0 人", "chen"),
        ("far_bureau", "今天应打卡 2 人，已打卡 0 人", "chen"),
        ("admin", "管理员负责登记，不看打卡情况", "chen"),
    ],
)
def test_each_sees_the_own_subtree(desk: Desks, day: date, who: str, said: str, hidden: str) -> None:
    page = desk(who).at()
    expect(page.locator(".lead")).to_contain_text(said)
    assert hidden not in page.content()


def test_an_admin_sees_what_is_entered_and_what_waits(desk: Desks, day: date, db: Database, cast: Cast) -> None:
    with db.transaction() as session:
        session.get_one(Member, (1, cast["chen"].id)).openid = None
    sitting = desk("admin")
    page = sitting.at()
    known = page.get_by_role("region", name="登记情况")
    expect(known.get_by_role("row").filter(has_text="小分队")).to_contain_text("3 个单位，2 个小分队")
    expect(known.get_by_role("row").filter(has_text="人员")).to_contain_text("其中 1 人还没有绑定微信")
    expect(page.get_by_label("等待处理")).to_contain_text("意见待答复0")
    sitting.shot("overview-admin")
    assert sitting.barriers() == []


def test_where_nobody_has_to_check_in_nobody_is_missing(
    desk: Desks, api: Api, db: Database, clock: RunningClock
) -> None:
    with db.transaction() as session:
        rules = PolicyRules().model_dump(mode="json")
        session.add(Policy(county_id=1, version=2, starts_on=JOINED, rules=rules, created_at=clock()))
    api.check_in("chen")
    page = desk("bureau").at()
    expect(page.locator(".lead")).to_have_text("本县按规则不要求每日打卡。今天主动打卡 1 人。")
    expect(page.get_by_text("本月规则不按天数要求，没有进度可比。")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("未打卡|还没打卡"))).to_have_count(0)


def pages_of(page: Page) -> int:
    """How many sheets of paper it takes."""
    printed = page.pdf(prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def test_it_prints_on_one_page_and_is_whole_again_afterwards(desk: Desks, day: date) -> None:
    page = desk("bureau").at()
    before = page.locator(".overview-map .map").bounding_box()
    assert pages_of(page) == 1
    assert page.locator(".overview-map .map").bounding_box() == before


def test_it_fits_a_tablet(desk: Desks, day: date) -> None:
    sitting = desk("bureau", size=TABLET)
    page = sitting.at()
    expect(page.locator(".lead")).to_be_visible()
    sitting.shot("overview")
    assert sitting.fits()


def test_what_is_said_of_several_units_is_said_once() -> None:
    def alert(name: str, message: str, member: uuid.UUID | None = None) -> Alert:
        kind = "behind" if member else "uncovered"
        return Alert(uuid.uuid4(), kind, name, "", member, date(2026, 11, 1), message, datetime.now(UTC))

    gap = "到11月24日已有 58 天没有主要领导在外招商。"
    two = (alert("李明", "11月在岗 3 天。", uuid.uuid4()), alert("王芳", "11月在岗 3 天。", uuid.uuid4()))
    found = together(
        [alert("东塘镇", f"东塘镇{gap}"), *two, alert("南坪镇", f"南坪镇{gap}"), alert("西岭镇", "西岭镇到…")]
    )
    assert [(one.name, one.message) for one in found] == [
        ("东塘镇、南坪镇", gap),
        ("李明", "11月在岗 3 天。"),
        ("王芳", "11月在岗 3 天。"),
        ("西岭镇", "到…"),
    ]
