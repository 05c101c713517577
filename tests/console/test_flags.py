"""预警 at the console: what it is about, in words; the next step is decided once the member was heard."""

from datetime import date, timedelta

from playwright.sync_api import expect
from sqlalchemy import update

from server.db import Database
from server.flags.models import Flag
from tests.cast import Cast
from tests.console.conftest import Desks
from tests.miniprogram.conftest import RunningClock


def raise_flag(db: Database, cast: Cast, clock: RunningClock, who: str = "chen", kind: str = "at_risk") -> None:
    """As the night of ten days ago did."""
    with db.transaction() as session:
        session.add(
            Flag(
                county_id=1,
                member_id=cast[who].id,
                month=date(2026, 11, 1),
                kind=kind,
                message="还差 6 天，只剩 7 个可用日，请尽早安排。",
                facts={"missing": 6, "remaining_days": 7},
                raised_at=clock() - timedelta(days=10),
            )
        )


def test_a_step_is_decided_after_hearing(desk: Desks, db: Database, cast: Cast, clock: RunningClock) -> None:
    raise_flag(db, cast, clock)
    sitting = desk("supervisor")
    page = sitting.at("/flags")
    row = page.get_by_role("row").filter(has_text="chen")
    expect(row).to_contain_text("有风险")
    expect(row).to_contain_text("还差 6 天，只剩 7 个可用日")
    row.get_by_text("处置…").click()
    sitting.shot("flags")
    assert sitting.barriers() == []
    row.get_by_label("本人的说明").fill("家里老人住院，下周回驻点")
    row.get_by_label("理由").fill("谈过了，约定每周报告一次")
    row.get_by_role("button", name="记录这一步").click()
    expect(page.get_by_role("status")).to_contain_text("已记录“约谈”")
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("本人说明：家里老人住院")


def test_one_that_only_waits_says_so_beside_its_kind(
    desk: Desks, db: Database, cast: Cast, clock: RunningClock
) -> None:
    raise_flag(db, cast, clock)
    raise_flag(db, cast, clock, "leader")
    words = "截至11月23日，11月在岗 4 天、待核 16 天，目标 20 天。"
    with db.transaction() as session:
        session.execute(update(Flag).where(Flag.member_id == cast["chen"].id).values(message=words, waits=True))
    sitting = desk("bureau", size=(1024, 768))
    page = sitting.at("/flags")
    sitting.shot("flags-waits")
    assert sitting.barriers() == []
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text("待核，暂不处置")
    expect(page.get_by_role("row").filter(has_text="chen")).to_contain_text(
        f"{words}待核的核定之前，这条预警不作进一步"
    )
    expect(page.get_by_role("row").filter(has_text="leader")).not_to_contain_text("暂不处置")


def test_a_step_out_of_turn_is_refused_and_nothing_is_lost(
    desk: Desks, db: Database, cast: Cast, clock: RunningClock
) -> None:
    raise_flag(db, cast, clock)
    page = desk("bureau").at("/flags")
    row = page.get_by_role("row").filter(has_text="chen")
    row.get_by_text("处置…").click()
    row.get_by_label("这一步").select_option("circular")
    row.get_by_label("本人的说明").fill("还没有谈")
    row.get_by_label("理由").fill("太久了")
    row.get_by_role("button", name="记录这一步").click()
    expect(page.get_by_role("alert")).to_have_text("通报之前须先约谈。")
    assert row.get_by_label("理由").input_value() == "太久了"


def nobody_out(db: Database, cast: Cast, clock: RunningClock, *units: str) -> None:
    with db.transaction() as session:
        for unit in units:
            said = f"{unit}到11月23日已有 58 天没有主要领导在外招商。"
            about = {"unit_id": cast.units[unit], "month": date(2026, 11, 1), "kind": "uncovered", "message": said}
            session.add(Flag(county_id=1, **about, facts={}, raised_at=clock() - timedelta(days=10)))


def test_what_says_the_same_of_several_units_is_one_line_and_each_is_answered_by_itself(
    desk: Desks, db: Database, cast: Cast, clock: RunningClock
) -> None:
    nobody_out(db, cast, clock, "east", "west")
    raise_flag(db, cast, clock)
    sitting = desk("bureau")
    page = sitting.at("/flags")
    expect(page.get_by_role("row")).to_have_count(3)  # the heading, chen's, and that of both units
    row = page.get_by_role("row").filter(has_text="2 个单位")
    expect(row).to_contain_text("到11月23日已有 58 天没有主要领导在外招商。")
    assert {"east", "west"} <= set(row.get_by_role("cell").nth(1).inner_text().replace("、", " ").split())
    sitting.shot("flags-units")
    assert sitting.barriers() == []
    row.get_by_text("逐个处置…").click()
    row.get_by_text("处置west…").click()
    form = row.locator("form:visible")
    form.get_by_label("本人的说明").fill("书记下周带队去苏州")
    form.get_by_label("理由").fill("谈过了")
    form.get_by_role("button", name="记录这一步").click()
    expect(page.get_by_role("status")).to_contain_text("已记录")
    expect(page.get_by_role("row")).to_have_count(4)  # what was decided about one is no longer said of both
    expect(page.get_by_role("row").filter(has_text="书记下周带队去苏州")).to_contain_text("west")


def test_only_of_ones_own_unit(desk: Desks, db: Database, cast: Cast, clock: RunningClock) -> None:
    raise_flag(db, cast, clock)
    raise_flag(db, cast, clock, who="neighbour", kind="behind")
    page = desk("other_supervisor").at("/flags")
    expect(page.get_by_role("row").filter(has_text="neighbour")).to_contain_text("落后")
    assert "chen" not in page.inner_text("main")


def test_filtered_by_kind_in_the_address(desk: Desks, db: Database, cast: Cast, clock: RunningClock) -> None:
    raise_flag(db, cast, clock)
    page = desk("bureau").at("/flags")
    page.get_by_label("类型").select_option("missed")
    page.get_by_role("button", name="筛选").click()
    expect(page).to_have_url(f"{page.url.split('/console')[0]}/console/flags?state=open&kind=missed")
    expect(page.get_by_text("现在没有未解除的预警")).to_be_visible()
