"""人员: found by name; a member's file that explains each day, a look into it is audited; of others there is none."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from server.checkins import second_opinion
from tests.api.test_leads import body, update
from tests.cast import SHANGHAI, Cast
from tests.client import Api
from tests.console.conftest import TABLET, Desks
from tests.console.test_exports import sheet
from tests.console.test_overview import pages_of
from tests.doors import FROM_HERE
from tests.miniprogram.conftest import RunningClock

FAR_AWAY = {"lat": str(SHANGHAI[0] + 0.3)}
PHONE = (375, 812)
Rows = Callable[..., list]


@pytest.fixture
def rejected(api: Api) -> str:
    """A check-in of chen's that the bureau rejected."""
    checkin = str(json.loads(api.check_in("chen", **FAR_AWAY).text)["id"])
    body = {"decision": "rejected", "code": "not_there", "reason": "不在驻点"}
    assert api.post(f"/checkins/{checkin}/reviews", "bureau", body).status_code == 201
    return checkin


def test_found_while_one_types_and_the_address_keeps_it(desk: Desks, api: Api) -> None:
    api.check_in("chen")
    sitting = desk("bureau")
    page = sitting.at("/people")
    rows = page.locator("#found tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.filter(has_text="chen")).to_contain_text("通过")
    expect(rows.filter(has_text="chen")).to_contain_text("1 / 20")
    sitting.shot("people")
    assert sitting.barriers() == []
    page.get_by_label("姓名").press_sequentially("neigh")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=neigh"))
    expect(page.get_by_role("link", name="导出 Excel")).to_have_attribute("href", re.compile("q=neigh"))
    page.reload()
    expect(page.get_by_label("姓名")).to_have_value("neigh")
    page.get_by_label("姓名").fill("没有这个人")
    expect(page.get_by_text("没有符合条件的人")).to_be_visible()
    page.get_by_label("姓名").fill("")
    page.get_by_label("今天").select_option("missing")
    expect(rows).to_have_count(4)
    expect(page.get_by_role("link", name="chen")).to_have_count(0)


def test_a_file_explains_each_day_and_tells_what_happened(
    desk: Desks, rejected: str, rows: Rows, cast: Cast, clock: RunningClock
) -> None:
    sitting = desk("bureau")
    page = sitting.at("/people")
    page.get_by_role("link", name="chen").click()
    expect(page.get_by_role("heading", name="chen", exact=True)).to_be_visible()
    expect(page.get_by_text("east-1").first).to_be_visible()
    line = page.get_by_role("region", name=re.compile("月经过$"))
    expect(line).to_contain_text("不在驻点")
    expect(line).to_contain_text("bureau")
    today = clock().astimezone().date()
    expect(page.locator("#day")).to_contain_text("当天的打卡被驳回")  # the last of which there is something to say
    page.locator("#d2026-11-23").click()
    expect(page.locator("#day")).to_contain_text("当天没有打卡、证明或请假。")
    page.locator(f"#d{today}").click()
    expect(page.locator("#day")).to_contain_text("当天的打卡被驳回，可在驳回后 7 天内申诉。")
    expect(page.locator("#day")).to_contain_text("人工复核")
    expect(page).to_have_url(re.compile(f"day={today}"))
    assert page.evaluate("document.activeElement.id") == f"d{today}"  # a keyboard goes on from there
    expect(page.locator("#day").get_by_role("link", name="看依据")).to_have_attribute("href", re.compile(rejected))
    sitting.shot("file")
    assert sitting.fits()
    assert sitting.barriers() == []
    looks = rows("SELECT count(*) FROM audit_events WHERE action = 'member.viewed'")
    assert looks == [(3,)]


def test_training_stands_in_the_file(desk: Desks, api: Api, cast: Cast) -> None:
    for kind, on, reason in (("training", "2026-11-26", "产业链招商培训"), ("training", "2026-12-03", "还没有同意的")):
        asked = api.post("/leaves", "chen", {"kind": kind, "starts_on": on, "reason": reason}).json["id"]
        if on == "2026-11-26":
            assert api.post(f"/leaves/{asked}/decision", "supervisor", {"approved": True}).status_code == 200
    page = desk("supervisor").at(f"/people/{cast['chen'].id}")
    expect(page.get_by_role("region", name=re.compile("月经过$"))).to_contain_text("培训 11月26日，已同意")
    expect(page.get_by_role("region", name="培训经历").get_by_role("row")).to_have_text(
        [re.compile("起止"), re.compile("2026年11月26日\\s*产业链招商培训")]
    )


def test_ones_own_file_is_no_look_into_somebodys(desk: Desks, rows: Rows, cast: Cast) -> None:
    page = desk("leader").at(f"/people/{cast['leader'].id}")
    expect(page.get_by_role("heading", name="leader", exact=True)).to_be_visible()
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'member.viewed'") == [(0,)]


@pytest.mark.parametrize(
    ("who", "sees", "not_theirs"),
    [
        ("supervisor", "chen", "neighbour"),
        ("leader", "colleague", "other_leader"),
        ("other_leader", "neighbour", "chen"),
        ("bureau", "chen", "outsider"),
        ("far_bureau", "outsider", "chen"),
    ],
)
def test_of_others_there_is_no_file_by_address_either(
    desk: Desks, cast: Cast, rows: Rows, who: str, sees: str, not_theirs: str
) -> None:
    page = desk(who).at("/people?show=all")
    expect(page.get_by_role("link", name=sees, exact=True)).to_be_visible()
    assert page.get_by_role("link", name=not_theirs, exact=True).count() == 0
    answer = page.goto(page.url.split("/people")[0] + f"/people/{cast[not_theirs].id}")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("main")).to_contain_text("没有找到，或您无权查看。")
    assert not_theirs not in page.get_by_role("main").inner_text()
    assert rows("SELECT count(*) FROM audit_events WHERE action = 'member.viewed'") == [(0,)]


def test_an_address_of_ones_own_making_is_refused_in_words(desk: Desks, cast: Cast) -> None:
    page = desk("bureau").at("/people")
    file = f"/people/{cast['chen'].id}"
    for path in ("/people?cursor=x", "/people?unit=x", "/people?q=%00", f"{file}?day=0001-01-01", f"{file}?month=x"):
        answer = page.goto(page.url.split("/people")[0] + path)
        assert answer
        assert (path, answer.status) == (path, 422)
        expect(page.get_by_role("main")).to_contain_text("。")


def test_the_file_on_paper_and_on_a_tablet(desk: Desks, rejected: str, cast: Cast) -> None:
    sitting = desk("supervisor", size=TABLET)
    page = sitting.at(f"/people/{cast['chen'].id}")
    months = page.get_by_role("region", name=re.compile("最近 \\d+ 个月 更早没有记录"))
    expect(months.get_by_role("listitem").last).to_contain_text("11月")
    expect(page.get_by_role("region", name="派驻经历")).to_contain_text(re.compile("20\\d\\d年\\d+月\\d+日起"))
    sitting.shot("file")
    assert sitting.fits()
    assert pages_of(page) <= 2
    page.emulate_media(media="print")
    expect(page.get_by_text("打印于")).to_be_visible()
    expect(page.get_by_role("navigation", name="栏目")).to_be_hidden()


def test_who_is_asked_for_a_second_opinion_reads_it_nowhere(
    desk: Desks, api: Api, cast: Cast, clock: RunningClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_opinion, "ONE_IN", 1)
    checkin = str(json.loads(api.check_in("chen", **FAR_AWAY).text)["id"])
    body = {"decision": "rejected", "code": "not_the_person", "reason": "看不出是您"}
    assert api.post(f"/checkins/{checkin}/reviews", "bureau", body).status_code == 201
    clock.advance(seconds=11)
    page = desk("bureau2").at(f"/people/{cast['chen'].id}?day=2026-11-24")
    assert "看不出是您" not in page.inner_text("main")
    assert "bureau" not in page.locator(".file-right").inner_text()
    expect(page.locator("#day")).to_contain_text("有一次打卡正请您复核")
    (row,) = json.loads(api.get("/checkins", "bureau2", member=str(cast["chen"].id)).text)["items"]
    assert (row["decision"], row["verdict"]) == (None, "review")
    (told,) = json.loads(api.get("/checkins", "bureau", member=str(cast["chen"].id)).text)["items"]
    assert told["decision"] == "rejected"


def test_leads_stand_in_the_file_and_in_the_workbook(desk: Desks, api: Api, cast: Cast, clock: RunningClock) -> None:
    lead = api.post("/leads", "chen", body(api)).json["id"]
    api.post(f"/leads/{lead}/updates", "chen", update(api))
    theirs = api.post("/leads", "colleague", body(api, "南京明阳电子有限公司")).json["id"]
    api.post(f"/leads/{theirs}/updates", "chen", update(api))
    api.post(f"/leads/{lead}/stages", "chen", {"stage": "talks"})
    sitting = desk("supervisor")
    page = sitting.at(f"/people/{cast['chen'].id}")
    led = page.get_by_role("region", name="线索 首报 1 条，在手 1 条，签约 0 条，跟进 2 次")
    expect(led.get_by_role("row", name="苏州汇川技术有限公司 负责")).to_contain_text("洽谈")
    expect(led.get_by_role("row", name="南京明阳电子有限公司")).to_contain_text("线索")
    line = page.get_by_role("region", name=re.compile("月经过$"))
    expect(line).to_contain_text("首报：苏州汇川技术有限公司")
    expect(line).to_contain_text("拜访了张总")
    assert sitting.barriers() == []
    assert sitting.fits()
    led.scroll_into_view_if_needed()
    sitting.shot("file-leads")
    led.get_by_role("link", name="苏州汇川技术有限公司").click()
    expect(page.get_by_role("heading", name="苏州汇川技术有限公司")).to_be_visible()

    _, _, heads, *found = sheet(api, "/people/list.xlsx?q=chen", "supervisor")
    assert heads[-4:] == ["首报线索", "在手线索", "签约", "跟进次数"]
    assert [row[-4:] for row in found] == [[1.0, 1.0, 0.0, 2.0]]


def vouch(api: Api, who: str = "colleague") -> None:
    body = {"member": str(api.cast["chen"].id), "on": "2026-11-23", "value": 1, "reason": "一起拜访客商"}
    assert api.post("/attestations", who, body).status_code == 201


def test_a_word_is_set_aside_where_it_is_read(desk: Desks, api: Api, cast: Cast) -> None:
    vouch(api)
    sitting = desk("bureau")
    page = sitting.at(f"/people/{cast['chen'].id}?day=2026-11-23")
    day = page.locator("#day")
    expect(day).to_contain_text("colleague 证明在岗一天：一起拜访客商")
    sitting.shot("file-vouched")
    day.get_by_text("不采信", exact=True).click()
    sitting.shot("file-vouched-open")
    assert sitting.barriers() == []
    day.get_by_label("理由（队员和证明人会看到）").fill("当天两人都不在驻点")
    day.get_by_role("button", name="不采信这条证明").click()
    expect(page.get_by_role("status")).to_have_text("已记为不采信，队员和证明人会看到理由。当天已重新计算。")
    expect(day).to_contain_text("当天没有打卡、证明或请假。")
    line = page.get_by_role("region", name=re.compile("月经过$"))
    expect(line).to_contain_text("证明在岗一天，未采信")
    expect(line).to_contain_text("bureau：当天两人都不在驻点")
    assert json.loads(api.get("/me/month", "chen").text)["confirmed"] == 0.0


def test_ones_own_word_is_taken_back_and_nobody_elses(desk: Desks, api: Api, cast: Cast) -> None:
    vouch(api, "supervisor")
    page = desk("leader").at(f"/people/{cast['chen'].id}?day=2026-11-23")
    expect(page.locator("#day")).to_contain_text("supervisor 证明在岗一天")
    assert page.locator("#day summary").count() == 0
    sitting = desk("supervisor", size=PHONE)
    page = sitting.at(f"/people/{cast['chen'].id}?day=2026-11-23")
    page.locator("#day").get_by_text("撤回", exact=True).click()
    page.locator("#day").scroll_into_view_if_needed()
    sitting.shot("file-vouched-open")
    assert sitting.fits()
    page.get_by_label("理由（队员会看到）").fill("记错了日子")
    page.get_by_role("button", name="撤回这条证明").click()
    expect(page.get_by_role("status")).to_have_text("已撤回，队员会看到理由。当天已重新计算。")
    expect(page.locator("#day")).to_contain_text("当天没有打卡、证明或请假。")


def test_the_file_of_who_was_removed_is_read_and_nothing_else_is_done_with_it(
    desk: Desks, api: Api, cast: Cast
) -> None:
    api.check_in("chen")
    assert api.post(f"/members/{cast['chen'].id}/remove", "admin", {"reason": "调离"}).status_code == 200
    sitting = desk("bureau")
    page = sitting.at(f"/months/2026-11?squad={cast.squads['east-1']}")
    page.get_by_role("link", name="chen").click()
    expect(page.get_by_text("11月24日 周二 10:00 移除")).to_be_visible()
    expect(page.locator("#day")).to_contain_text("确认1天。")
    expect(page.get_by_role("link", name="看依据").first).to_be_visible()
    assert page.get_by_role("link", name="指定抽查").count() == 0
    assert page.get_by_role("heading", name="微信").count() == 0
    sitting.shot("file-removed")
    assert sitting.barriers() == []
    for who, status in (("supervisor", 200), ("other_supervisor", 404), ("far_bureau", 404)):
        answer = desk(who).page.goto(f"{sitting.server}/console/people/{cast['chen'].id}")
        assert answer
        assert (who, answer.status) == (who, status)


def test_who_answers_for_somebody_vouches_for_a_day_from_the_file(desk: Desks, api: Api, cast: Cast) -> None:
    sitting = desk("supervisor")
    page = sitting.at(f"/people/{cast['chen'].id}?day=2026-11-23")
    page.get_by_text("证明这天在岗").click()
    page.get_by_label("怎么知道的").fill("当天一起参加了推介会")
    sitting.shot("file-vouch")
    assert sitting.fits()
    page.get_by_role("button", name="证明在岗").click()
    expect(page.get_by_role("status")).to_have_text("已记下您的证明，队员会看到是谁证明的。当天已重新计算。")
    expect(page.locator("#day")).to_contain_text("supervisor 证明在岗一天：当天一起参加了推介会")
    assert page.get_by_text("证明这天在岗").count() == 0, "the day is whole"
    assert api.get("/me/month", "chen", month="2026-11").json["confirmed"] == 1.0


@pytest.mark.parametrize(("who", "day"), [("county_leader", "2026-11-23"), ("supervisor", "2026-11-10")])
def test_nobody_else_and_no_older_day_is_offered(desk: Desks, cast: Cast, who: str, day: str) -> None:
    page = desk(who).at(f"/people/{cast['chen'].id}?day={day}")
    expect(page.locator("#day")).to_contain_text("当天没有打卡、证明或请假。")
    assert page.get_by_text("证明这天在岗").count() == 0


def test_one_does_not_vouch_for_oneself_by_address(desk: Desks, api: Api, cast: Cast) -> None:
    page = desk("leader").at(f"/people/{cast['leader'].id}?day=2026-11-23")
    assert page.get_by_text("证明这天在岗").count() == 0
    headers = FROM_HERE | {"Authorization": f"Bearer {cast['leader'].token}"}
    sent = {"on": "2026-11-23", "value": "1", "reason": "我在"}
    answer = api.app.test_client().post(f"/console/people/{cast['leader'].id}/attestations", data=sent, headers=headers)
    assert (answer.status_code, "不能" in answer.text) == (403, True)
