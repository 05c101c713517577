"""登记 at the console: entered by hand, picked on a map, imported by a workbook of which all is written or nothing."""

import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from xlsxwriter import Workbook

from server.console import register_stations
from tests.client import Api
from tests.console.conftest import Desks

Rows = dict[str, list[tuple[Any, ...]]]
GOOD: Rows = {
    "单位": [("名称",), ("投资促进局",)],
    "小分队": [("名称", "单位"), ("驻苏州小分队", "投资促进局")],
    "驻点": [
        ("名称", "城市", "纬度", "经度", "坐标系", "围栏半径（米）", "时区", "固定电话"),
        ("苏州驻点", "苏州", 31.2989, 120.5853, "GCJ-02", 300, "Asia/Shanghai", "0512-61234567"),
    ],
    "人员": [
        ("姓名", "单位", "小分队", "手机号", "邮箱"),
        ("张三", "投资促进局", "驻苏州小分队", 13800138000, ""),
        ("李四", "投资促进局", "", "", "li@example.com"),
    ],
    "派驻": [
        ("姓名", "小分队", "驻点", "开始日期", "结束日期"),
        ("张三", "驻苏州小分队", "苏州驻点", date(2026, 11, 20), ""),
    ],
}


def workbook(tmp_path: Path, sheets: Rows) -> Path:
    path = tmp_path / "register.xlsx"
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    book.close()
    path.write_bytes(out.getvalue())
    return path


def test_a_unit_and_its_squad(desk: Desks) -> None:
    sitting = desk("admin")
    page = sitting.at("/register")
    page.get_by_label("名称", exact=True).first.fill("投资促进局")
    page.get_by_role("button", name="登记单位").click()
    expect(page.get_by_role("status")).to_have_text("已登记单位：投资促进局。")
    page.get_by_label("名称", exact=True).nth(1).fill("驻苏州小分队")
    page.get_by_role("combobox", name="单位").select_option(label="投资促进局")
    page.get_by_role("button", name="登记小分队").click()
    expect(page.get_by_role("row").filter(has_text="驻苏州小分队")).to_contain_text("投资促进局")
    sitting.shot("register")
    assert sitting.barriers() == []
    page.get_by_label("名称", exact=True).first.fill("投资促进局")
    page.get_by_role("button", name="登记单位").click()
    expect(page.get_by_role("alert")).to_have_text("已有同名单位，请换一个名称。")


def test_a_unit_and_a_squad_are_renamed(desk: Desks, rows) -> None:
    sitting = desk("admin")
    page = sitting.at("/register")
    row = page.get_by_role("row").filter(has_text="east-1")
    row.get_by_label("给小分队east-1改名").click()
    row.get_by_label("小分队的新名称").fill("东城驻上海小分队")
    row.get_by_role("button", name="改名").click()
    expect(page.get_by_role("status")).to_have_text("小分队已改名为东城驻上海小分队。")
    row = page.get_by_role("row").filter(has_text="东城驻上海小分队")
    row.get_by_label("给单位east改名").click()
    sitting.shot("register-rename")
    assert sitting.barriers() == []
    row.get_by_label("单位的新名称").fill("west")
    row.get_by_role("button", name="改名").click()
    expect(page.get_by_role("alert")).to_have_text("已有同名单位，请换一个名称。")
    assert rows("SELECT action FROM audit_events WHERE action LIKE '%.changed'") == [("squad.changed",)]


def test_stations_come_page_by_page_and_are_searched(desk: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_stations, "_SHOWN", 1)
    page = desk("admin").at("/register/stations")
    names = page.get_by_role("row").filter(has_text="驻点").filter(has_text="米")
    expect(names).to_have_count(1)
    expect(names).to_contain_text("上海驻点")
    page.get_by_role("link", name="下一页").click()
    expect(names).to_contain_text("法兰克福驻点")
    expect(page.get_by_role("link", name="下一页")).to_have_count(0)
    page.get_by_label("名称或城市").fill("上海")
    page.get_by_role("button", name="查找").click()
    expect(names).to_contain_text("上海驻点")
    page.get_by_label("名称或城市").fill("100%")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有名称或城市里有“100%”的驻点。")).to_be_visible()


def test_a_station_is_picked_on_the_map_and_changed(desk: Desks, rows) -> None:
    sitting = desk("admin")
    page = sitting.at("/register/stations")
    page.get_by_role("button", name="取地图中心为驻点").click()
    assert re.fullmatch(r"-?\d+\.\d{6}", page.get_by_label("纬度").input_value())
    page.get_by_label("名称", exact=True).fill("苏州驻点")
    page.get_by_label("城市", exact=True).fill("苏州")
    page.get_by_label("纬度").fill("31.2989")
    page.get_by_label("经度").fill("120.5853")
    page.get_by_label("坐标来自").select_option("gcj02")
    page.get_by_role("button", name="登记驻点").click()
    expect(page.get_by_role("status")).to_have_text("已登记驻点：苏州驻点。")
    row = page.get_by_role("row").filter(has_text="苏州驻点")
    expect(row).to_contain_text("给的是 GCJ-02")
    sitting.shot("register-stations")
    assert sitting.barriers() == []
    row.get_by_text("修改").click()
    row.get_by_label("围栏半径（米）").fill("500")
    row.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="苏州驻点")).to_contain_text("500 米")


def test_a_person_is_invited_given_a_role_and_posted(desk: Desks, api: Api) -> None:
    sitting = desk("admin")
    page = sitting.at("/register/people")
    page.get_by_text("登记新人员").click()
    page.get_by_label("姓名", exact=True).fill("王小明")
    page.get_by_label("单位").select_option(label="east")
    page.get_by_label("手机号").fill("13800138000")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", name="王小明")).to_be_visible()
    expect(page.get_by_text("138****8000")).to_be_visible()
    page.get_by_role("button", name="发邀请码").click()
    code = page.locator(".code").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{8}", code)
    page.get_by_text("指定角色").click()
    page.get_by_label("角色").select_option("unit_supervisor")
    page.get_by_label("单位（单位监督员）").select_option(label="west")
    page.get_by_role("button", name="指定", exact=True).click()
    expect(page.get_by_text("west · 11月24日 周二 起")).to_be_visible()
    page.get_by_text("登记派驻").first.click()
    page.get_by_label("驻点").select_option(label="上海驻点")
    page.get_by_role("button", name="登记派驻").click()
    expect(page.get_by_role("status")).to_contain_text("已登记派驻")
    sitting.shot("register-person")
    assert sitting.barriers() == []
    page.get_by_role("button", name="移除").click()
    page.get_by_role("dialog").get_by_role("button", name="移除").click()
    expect(page.get_by_role("status")).to_contain_text("已移除")
    assert "王小明" not in page.inner_text("main")


def test_a_person_whose_entry_was_not_answered_is_not_entered_twice(desk: Desks, rows) -> None:
    page = desk("admin").at("/register/people")

    def swallow(route: Any) -> None:
        route.fetch()
        route.abort()

    page.get_by_text("登记新人员").click()
    page.get_by_label("姓名", exact=True).fill("王小明")
    page.get_by_label("单位").select_option(label="east")
    page.route("**/register/people", swallow)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("可能已经存上")
    page.unroute("**/register/people")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("east已经登记了王小明。")
    assert rows("SELECT count(*) FROM members WHERE name = '王小明'") == [(1,)]
    page.get_by_label("同名的另一个人").check()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", name="王小明")).to_be_visible()
    assert rows("SELECT count(*) FROM members WHERE name = '王小明'") == [(2,)]


def test_a_namesake_in_a_workbook_is_a_fault_of_its_row(desk: Desks, tmp_path: Path, rows) -> None:
    twice = GOOD | {"人员": [*GOOD["人员"], ("张三", "投资促进局", "", "", "")]}
    page = desk("admin").at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files(workbook(tmp_path, twice))
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("投资促进局已经登记了张三。")).to_be_visible()
    assert rows("SELECT count(*) FROM units WHERE name = '投资促进局'") == [(0,)]


def test_a_lost_phone_is_one_step(desk: Desks, api: Api, cast) -> None:
    page = desk("admin").at(f"/register/people/{cast['chen'].id}")
    page.get_by_role("button", name="手机遗失或换微信").click()
    page.get_by_role("dialog").get_by_role("button", name="解绑").click()
    expect(page.locator(".code")).to_be_visible()
    assert api.get("/me", "chen").status_code == 401


def test_a_unit_supervisor_helps_with_a_lost_phone_of_the_own_unit(desk: Desks, api: Api, cast) -> None:
    page = desk("supervisor").at(f"/people/{cast['chen'].id}")
    page.get_by_role("button", name="手机遗失或换微信").click()
    page.get_by_role("dialog").get_by_role("button", name="解绑").click()
    expect(page.locator(".code")).to_be_visible()
    assert api.get("/me", "chen").status_code == 401
    stranger = desk("other_supervisor").at("/people")
    answer = stranger.evaluate(
        "path => fetch(path, {method: 'POST'}).then(a => a.status)",
        f"/console/register/people/{cast['colleague'].id}/lost-phone",
    )
    assert answer == 404


def test_a_workbook_is_tried_and_then_written_whole(desk: Desks, tmp_path: Path, rows) -> None:
    sitting = desk("admin")
    page = sitting.at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files(workbook(tmp_path, GOOD))
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("6 行都可以导入。")).to_be_visible()
    assert rows("SELECT count(*) FROM units WHERE name = '投资促进局'") == [(0,)]
    sitting.shot("register-import")
    assert sitting.barriers() == []
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 6 行。")
    assert rows("SELECT count(*) FROM units WHERE name = '投资促进局'") == [(1,)]
    ((lat,),) = rows("SELECT lat FROM stations WHERE name = '苏州驻点'")
    assert lat == pytest.approx(31.3009, abs=0.002)  # GCJ-02, moved
    assert rows("SELECT count(*) FROM postings p JOIN members m ON m.id = p.member_id WHERE m.name = '张三'") == [(1,)]


def test_each_wrong_row_says_why_and_nothing_is_written(desk: Desks, tmp_path: Path, rows) -> None:
    before = rows("SELECT count(*) FROM members")
    bad = GOOD | {
        "驻点": [
            GOOD["驻点"][0],
            ("无锡驻点", "无锡", 91, 120.3, "GCJ-02", 300, "", ""),
            ("常州驻点", "常州", 31.8, 119.9, "", 3, "Mars", ""),
        ],
        "人员": [*GOOD["人员"], ("王五", "没有的局", "没有的队", "", "nobody"), ("", "投资促进局", "", "12", "")],
    }
    sitting = desk("admin")
    page = sitting.at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files(workbook(tmp_path, bad))
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("9 行里有 5 行不能导入，没有写入任何一行。")).to_be_visible()
    for name, *why in (  # all that is wrong with it at once, by the sheet's own headings
        ("无锡驻点", "纬度不能大于 90。"),
        ("常州驻点", "坐标系须写 WGS-84 或 GCJ-02", "围栏半径（米）不能小于 20。", "时区名称不对"),
        ("王五", "没有这个单位。", "没有这个小分队。", "邮箱地址不对"),
        ("12", "姓名必须填写。", "电话号码不对"),
        ("苏州驻点", "没有这个驻点。"),  # the posting, since its station could not be taken
    ):
        row = (
            page.get_by_role("row").filter(has=page.get_by_role("cell", name=name, exact=True)).filter(has_text=why[0])
        )
        for sentence in why:
            expect(row).to_contain_text(sentence)
        assert row.locator("td.at-fault").count() == len(why)
    sitting.shot("register-import-errors")
    assert page.get_by_role("button", name="全部导入").count() == 0
    assert rows("SELECT count(*) FROM members") == before


def tried(page: Any, path: Path) -> None:
    page.get_by_label("登记表（.xlsx）").set_input_files(path)
    page.get_by_role("button", name="试运行").click()


def test_what_looks_written_and_is_not_keeps_its_row_out(desk: Desks, tmp_path: Path) -> None:
    path = tmp_path / "odd.xlsx"
    book = Workbook(path)
    book.add_worksheet("单位").write_column(0, 0, ["名称", "投资促进局"])
    people = book.add_worksheet("人员 ")  # space behind a name is nobody's intention
    people.write_row(0, 0, ["姓名", "单位", "小分队", "手机号", "邮箱", "备注"])
    for row, name in enumerate(("甲", "乙", "丙"), start=1):
        people.write_row(row, 0, [name, "投资促进局"])
    people.merge_range(1, 2, 2, 2, "east-1")
    people.write_formula(3, 2, "=NA()", None, "#N/A")
    people.write_formula(4, 0, "=1/0", None, "#DIV/0!")
    book.add_worksheet("人 员").write_column(0, 0, ["姓名", "丁"])
    book.close()
    page = desk("admin").at("/register/import")
    tried(page, path)
    expect(page.get_by_text("5 行里有 4 行不能导入")).to_be_visible()
    for name, why in (
        ("乙", "小分队在合并的单元格里，请取消合并，每行都填。"),
        ("丙", "小分队的公式出错了（如 #N/A），请改成文字。"),
        ("5", "姓名的公式出错了（如 #N/A），请改成文字。"),
    ):
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=name, exact=True))
        expect(row).to_contain_text(why)
    expect(page.locator("p.note.warn")).to_contain_text("“人 员”不是模板里的工作表；“人员”里的“备注”不是模板里的列")


def test_dates_are_read_as_offices_write_them(desk: Desks, tmp_path: Path, rows) -> None:
    heads, (name, squad, station, *_) = GOOD["派驻"]
    spans = [("2026年12月1日", "2026/12/3"), ("2026.12.5", "2026-12-06"), (46365, "46366")]  # Excel's own numbers
    page = desk("admin").at("/register/import")
    posted = [(name, squad, station, *span) for span in spans]
    tried(page, workbook(tmp_path, GOOD | {"派驻": [heads, *posted]}))
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 8 行。")
    found = rows(
        "SELECT p.starts_on, p.ends_on FROM postings p JOIN members m ON m.id = p.member_id WHERE m.name = '张三'"
        " ORDER BY p.starts_on"
    )
    assert [(str(first), str(last)) for first, last in found] == [
        ("2026-12-01", "2026-12-03"),
        ("2026-12-05", "2026-12-06"),
        ("2026-12-09", "2026-12-10"),
    ]


def test_a_date_that_is_none_is_said(desk: Desks, tmp_path: Path) -> None:
    heads, (name, squad, station, *_) = GOOD["派驻"]
    page = desk("admin").at("/register/import")
    tried(page, workbook(tmp_path, GOOD | {"派驻": [heads, (name, squad, station, "2026年11月31日", "")]}))
    expect(page.get_by_text("开始日期格式不对，应为 2026-11-03。")).to_be_visible()


def test_a_heading_that_is_missing_is_said_also_where_it_is_all(desk: Desks, tmp_path: Path) -> None:
    page = desk("admin").at("/register/import")
    tried(page, workbook(tmp_path, {"单位": [("单位名称",), ("投资促进局",)]}))
    expect(page.get_by_text("缺少这些列：名称。请用模板。")).to_be_visible()
    assert page.get_by_role("button", name="全部导入").count() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a workbook", "打不开这个文件"),
        (b"PK\x03\x04" + b"\0" * 40, "打不开这个文件"),
        (b"x" * 5_000_001, "表格太大"),
    ],
)
def test_what_is_no_workbook_is_said(desk: Desks, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    page = desk("admin").at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files(path)
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_the_template_is_what_the_import_reads(desk: Desks, tmp_path: Path) -> None:
    page = desk("admin").at("/register/import")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载模板").click()
    page.get_by_label("登记表（.xlsx）").set_input_files(download.value.path())
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("5 行都可以导入。")).to_be_visible()


def test_a_bomb_is_not_unpacked(desk: Desks) -> None:
    """A few kilobytes that would be gigabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 61_000_000)
    page = desk("admin").at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files({"name": "b.xlsx", "mimeType": "x", "buffer": out.getvalue()})
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_role("alert")).to_contain_text("展开后太大")


def test_one_stray_cell_does_not_take_the_server_with_it(desk: Desks, tmp_path: Path) -> None:
    out = io.BytesIO()
    book = Workbook(out)
    sheet = book.add_worksheet("单位")
    sheet.write(0, 0, "名称")
    sheet.write(1_048_575, 100, "x")
    book.close()
    page = desk("admin").at("/register/import")
    page.get_by_label("登记表（.xlsx）").set_input_files({"name": "s.xlsx", "mimeType": "x", "buffer": out.getvalue()})
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_role("alert")).to_contain_text("展开后太大")


def test_who_answers_for_a_unit_sees_its_part_of_the_register(desk: Desks) -> None:
    sitting = desk("supervisor")
    page = sitting.at("/register")
    assert "west" not in page.inner_text("main")
    sitting.at("/register/stations")
    assert "法兰克福" not in page.inner_text("main")


def test_who_only_reads_sees_no_forms(desk: Desks) -> None:
    sitting = desk("supervisor")
    page = sitting.at("/register")
    expect(page.get_by_role("row").filter(has_text="east-1")).to_be_visible()
    assert page.get_by_role("button", name="登记单位").count() == 0
    for path in ("/register/people", "/register/import"):
        sitting.at(path)
        expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()


def test_an_admin_of_another_county_finds_nobody_of_ours(desk: Desks, cast, api: Api) -> None:
    sitting = desk("far_admin")
    page = sitting.at(f"/register/people/{cast['chen'].id}")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    sitting.at("/register/stations")
    assert json.loads(api.get("/me", "chen").text)["posting"]["station"] == "上海驻点"
    assert page.get_by_role("row").count() == 2  # the head and their own
