"""名录 of thousands of rows: each bad one is named with its reason, all is written or nothing, in a few seconds."""

import html
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.test import TestResponse
from xlsxwriter import Workbook

from server.console import lead_sheets
from server.db import Database
from tests.client import Api
from tests.doors import FROM_HERE
from tests.watch.given import Counted

Rows = Callable[..., list]
NODE = ("新能源", "上游", "正极材料")
# How the 300 are bad, in turn, and what is said of each.
BAD: tuple[tuple[dict[int, str], str], ...] = (
    ({2: "没有这个"}, "新能源没有“没有这个”这个环节，请先填产业链。"),
    ({3: "123"}, "统一社会信用代码应是 18 位数字和字母。"),
    ({4: "巨型"}, "规模须写：大型、中型、小型、微型。"),
    ({6: "12"}, "电话号码不对，请填写 11 位手机号；国外的号码前面加国家代码，如 +49。"),
    ({0: "（）"}, "企业名称里要有文字。"),
    ({0: "第0号新能源材料有限公司", 3: ""}, "名录里已有“第0号新能源材料有限公司”。"),
)


def target(number: int) -> list[str]:
    name, phone = f"第{number}号新能源材料有限公司", f"1380000{number:04d}"
    return [name, "新能源", "正极材料", f"91{number:016d}", "大型", "苏州", phone, "全国100强名录"]


def directory(rows: int, bad: int = 0) -> tuple[list[list[str]], dict[int, str]]:
    """Lines of a sheet of targets, every so many bad; and what is to be said by the row's number in Excel."""
    lines, said = [target(number) for number in range(rows)], {}
    for number in range(bad):
        at = (number + 1) * (rows // (bad + 1))
        wrong, why = BAD[number % len(BAD)]
        for column, value in wrong.items():
            lines[at][column] = value
        said[at + 2] = why
    return lines, said


def sent(api: Api, lines: Sequence[Sequence[str]], commit: bool, who: str = "bureau") -> TestResponse:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        nodes, targets = (book.add_worksheet(kind.sheet) for kind in lead_sheets.KINDS[:2])
        nodes.write_row(0, 0, list(lead_sheets.KINDS[0].columns))
        nodes.write_row(1, 0, NODE)
        targets.write_row(0, 0, list(lead_sheets.KINDS[1].columns))
        for number, line in enumerate(lines, start=1):
            for column, value in enumerate(line):
                targets.write_string(number, column, value)
    given = {"workbook": (io.BytesIO(out.getvalue()), "名录.xlsx"), "commit": "true" if commit else "false"}
    headers = FROM_HERE | {"Authorization": f"Bearer {api.cast[who].token}"}
    return api.app.test_client().post("/console/leads/import", data=given, headers=headers)


def refused(answer: TestResponse) -> dict[int, str]:
    """What is said of the rows of the second sheet, by their number."""
    row = re.compile(r'<td class="num">(\d+)</td><td><span class="rejected fault">([^<]*)</span></td>')
    _, found, targets = answer.text.partition("<h3>目标企业")
    assert found
    return {int(number): html.unescape(said) for number, said in row.findall(targets)}


def written(rows: Rows) -> tuple[Any, ...]:
    counted = "SELECT (SELECT count(*) FROM chain_nodes), (SELECT count(*) FROM companies WHERE is_target), "
    (found,) = rows(f"{counted} (SELECT count(DISTINCT company_id) FROM company_pieces)")
    return tuple(found)


def test_of_five_thousand_rows_three_hundred_are_bad_and_none_is_written_until_they_are_mended(
    api: Api, rows: Rows
) -> None:
    lines, said = directory(4999, bad=300)
    answer = sent(api, lines, commit=True)
    assert answer.status_code == 200
    assert "5000 行里有 300 行不能导入，没有写入任何一行。" in answer.text
    assert refused(answer) == said
    assert written(rows) == (0, 0, 0)

    answer = sent(api, directory(4999)[0], commit=True)
    assert (answer.status_code, written(rows)) == (303, (1, 4999, 4999))
    found = api.get("/companies", "chen", q="第2500号新能源").json["items"]
    assert found[0]["name"] == "第2500号新能源材料有限公司"
    (audited,) = rows("SELECT count(*) FROM audit_events WHERE action IN ('company.added', 'company.targeted')")
    assert audited == (2 * 4999,)


def test_what_is_taken_in_twice_is_refused_row_by_row(api: Api, rows: Rows) -> None:
    lines, _ = directory(3)
    assert sent(api, lines, commit=True).status_code == 303
    again = refused(sent(api, lines, commit=True))
    assert again == {number + 2: f"名录里已有“{line[0]}”。" for number, line in enumerate(lines)}
    assert written(rows) == (1, 3, 3)


def test_a_known_company_is_marked_and_keeps_its_lead(api: Api, rows: Rows) -> None:
    (line,) = directory(1)[0]
    said = {"id": "6f1f7a52-8d1c-4a55-9a09-0d5b6a3c0c01", "company": {"name": line[0]}, "channel": "chamber"}
    lead = api.post("/leads", "chen", said | {"reported_at": api.clock().isoformat()}).json
    assert sent(api, [line], commit=True).status_code == 303
    assert rows("SELECT uscc FROM companies WHERE is_target") == [(line[3],)]
    assert api.get(f"/leads/{lead['id']}", "chen").json["company"]["uscc"] == line[3]


def test_two_rows_of_one_new_company_are_one(api: Api, rows: Rows) -> None:
    first, second = target(1), target(1)
    second[3] = ""
    assert refused(sent(api, [first, second], commit=True)) == {3: f"名录里已有“{first[0]}”。"}
    other = target(2)
    other[0] = first[0]
    assert sent(api, [first, other], commit=True).status_code == 303, "another code is another company"
    assert written(rows) == (1, 2, 2)


def test_more_rows_cost_no_more_statements(api: Api, db: Database) -> None:
    taken = []
    for rows in (20, 200):
        lines, _ = directory(rows)
        with Counted(db) as statements:
            assert "都可以导入" in sent(api, lines, commit=False).text
        taken.append(statements.number)
    assert taken[0] == taken[1]


def test_the_bureau_of_another_county_writes_its_own(api: Api, rows: Rows) -> None:
    lines, _ = directory(2)
    assert sent(api, lines, commit=True).status_code == 303
    assert sent(api, lines, commit=True, who="far_bureau").status_code == 303
    counted = "SELECT county_id, count(*) FROM companies WHERE is_target GROUP BY 1 ORDER BY 1"
    assert rows(counted) == [(1, 2), (2, 2)]
