"""产业链 at the console: a directory by workbook, each row's error in place, and the map that comes of it."""

import io
from typing import Any

import pytest
from playwright.sync_api import expect
from xlsxwriter import Workbook

from tests.api.test_leads import body
from tests.client import Api
from tests.console.conftest import Desk, Desks

NODES = [("新能源", "上游", "正极材料"), ("新能源", "主体", "电池"), ("新能源", "下游", "回收")]
HEADS = ("企业名称", "产业", "环节", "统一社会信用代码", "规模", "所在城市", "电话", "出处")


def workbook(nodes: list[Any], targets: list[Any]) -> dict[str, Any]:
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    for name, heads, rows in (("产业链", ("产业", "上下游", "环节"), nodes), ("目标企业", HEADS, targets)):
        sheet = book.add_worksheet(name)
        for number, row in enumerate([heads, *rows]):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)
    book.close()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": "名录.xlsx", "mimeType": kind, "buffer": out.getvalue()}


def target(name: str, node: str = "正极材料", uscc: str = "", size: str = "大型") -> tuple[str, ...]:
    return (name, "新能源", node, uscc, size, "苏州", "", "全国100强名录")


def test_a_directory_is_tried_mended_and_taken_in_and_the_map_shows_the_gaps(desk: Desks, api: Api) -> None:
    sitting = desk("bureau")
    page = sitting.at("/leads/chains")
    expect(page.get_by_text("还没有填产业链")).to_be_visible()
    page.get_by_role("link", name="导入名录").click()
    wrong = [
        target("甲一材料"),
        target("乙二", node="没有这个"),
        target("丙三", uscc="123"),
        target("甲一材料有限公司", size="巨型"),
    ]
    page.get_by_label("表格（.xlsx）").set_input_files(workbook(NODES, wrong))
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_text("7 行里有 3 行不能导入")).to_be_visible()
    for said in ("新能源没有“没有这个”这个环节", "统一社会信用代码应是 18 位", "规模须写：大型、中型、小型、微型"):
        expect(page.get_by_text(said)).to_be_visible()
    assert api.get("/chains", "bureau").json == {"industries": []}, "a dry run writes nothing"
    page.get_by_label("表格（.xlsx）").set_input_files(
        workbook(NODES, [target("甲一材料"), target("丙三电池", "电池")])
    )
    page.get_by_role("button", name="试运行").click()
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 5 行。")

    assert api.post("/leads", "chen", body(api, "甲一材料")).status_code == 201
    page = sitting.at("/leads/chains")
    expect(page.get_by_role("link", name="正极材料")).to_contain_text("1 条跟进中")
    expect(page.get_by_role("link", name="电池")).to_contain_text("1 家企业，还没人跟进")
    expect(page.get_by_role("link", name="回收")).to_contain_text("还没有企业")
    page.get_by_role("link", name="正极材料").click()
    expect(page.get_by_text("east-1在跟进")).to_be_visible()
    assert sitting.barriers() == []
    assert sitting.fits()
    sitting.shot("chains")


def imported(sitting: Desk) -> None:
    page = sitting.at("/leads/import")
    page.get_by_label("表格（.xlsx）").set_input_files(workbook(NODES, [target("丙三电池", "电池")]))
    page.get_by_role("button", name="试运行").click()
    page.get_by_role("button", name="全部导入").click()
    expect(page.get_by_role("status")).to_have_text("已导入 4 行。")


def test_the_list_says_how_well_a_lead_fits_and_how_much_is_known_where_it_is_not_all(desk: Desks, api: Api) -> None:
    sitting = desk("bureau")
    imported(sitting)
    for name, facts in (
        ("丙三电池", {"investment_wan": 9000, "land_mu": 80, "energy_tce": 500, "eia": "form"}),
        ("丁四电子", {"energy_tce": 500}),
    ):
        lead = api.post("/leads", "chen", body(api, name)).json["id"]
        assert api.post(f"/leads/{lead}/changes", "chen", {"intent": "建厂", **facts}).status_code == 200
    page = sitting.at("/leads")
    rows = page.get_by_role("row")
    expect(rows.filter(has_text="丁四电子")).to_contain_text("100 分 资料已知 10%")
    expect(rows.filter(has_text="丙三电池")).to_contain_text(" 分")
    expect(rows.filter(has_text="丙三电池")).not_to_contain_text("知")
    sitting.shot("leads-fit")


def test_a_node_by_its_address_is_the_page_with_this_node_open(desk: Desks, api: Api) -> None:
    sitting = desk("bureau")
    imported(sitting)
    nodes = {one["name"]: one["id"] for one in api.get("/chains", "bureau").json["industries"][0]["nodes"]}
    page = sitting.at(f"/leads/chains/{nodes['电池']}")
    assert page.url.endswith(f"/console/leads/chains?node={nodes['电池']}#node-{nodes['电池']}")
    expect(page.get_by_role("heading", name="产业链")).to_be_visible()
    expect(page.locator(f"#node-{nodes['电池']}")).to_contain_text("丙三电池")
    expect(page.locator(f"#node-{nodes['回收']}")).to_be_empty()
    sitting.shot("chains-node")
    other = desk("far_bureau")
    other.at(f"/leads/chains/{nodes['电池']}")
    expect(other.page.get_by_text("还没有填产业链")).to_be_visible()
    assert "丙三电池" not in other.page.content()


@pytest.mark.parametrize("who", ["supervisor", "county_leader", "admin", "leader"])
def test_only_the_bureau_keeps_the_directory(desk: Desks, who: str) -> None:
    page = desk(who).at("/leads/import")
    expect(page.get_by_text("您的角色不能做这一步。")).to_be_visible()
