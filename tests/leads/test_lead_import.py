"""线索 from a workbook: what a bureau kept elsewhere, in the name of squads and their people; all of it or nothing."""

import html
import io
from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.test import TestResponse
from xlsxwriter import Workbook

from server.console import lead_sheets
from tests.api.test_leads import body
from tests.client import Api
from tests.doors import FROM_HERE

Rows = Callable[..., list]
KIND = lead_sheets.KINDS[2]
GOOD = ("苏州汇川技术有限公司", "", "east-1", "chen", "商会协会", "接触", "扩建二期", 12000, "送用地方案", "")


def sent(api: Api, lines: Sequence[Sequence[Any]], commit: bool = True, who: str = "bureau") -> TestResponse:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(KIND.sheet)
        sheet.write_row(0, 0, list(KIND.columns))
        for number, line in enumerate(lines, start=1):
            sheet.write_row(number, 0, line)
    given = {"workbook": (io.BytesIO(out.getvalue()), "线索.xlsx"), "commit": "true" if commit else "false"}
    headers = FROM_HERE | {"Authorization": f"Bearer {api.cast[who].token}"}
    return api.app.test_client().post("/console/leads/import", data=given, headers=headers)


def test_what_was_kept_elsewhere_is_the_squads(api: Api) -> None:
    assert sent(api, [GOOD]).status_code in (204, 303)
    (row,) = api.get("/leads", "chen").json["items"]
    assert (row["squad"], row["owner"]["name"], row["stage_word"], row["investment_wan"]) == (
        "east-1",
        "chen",
        "接触",
        12000,
    )
    assert api.get("/leads", "neighbour").json["items"] == []
    history = api.get(f"/leads/{row['id']}", "chen").json["events"]
    assert [(one["what"], one["by"]) for one in history] == [("claimed", "bureau")]


def test_each_row_says_what_is_wrong_and_nothing_is_written(api: Api, rows: Rows) -> None:
    api.post("/leads", "neighbour", body(api, "无锡先导智能装备股份有限公司"))
    bad = [
        ((*GOOD[:2], "没有这队", *GOOD[3:]), "没有叫“没有这队”的小分队。"),
        ((*GOOD[:3], "neighbour", *GOOD[4:]), "east-1今天没有叫“neighbour”的队员。"),
        ((*GOOD[:4], "朋友", *GOOD[5:]), "来源须写：展会"),
        ((*GOOD[:5], "签约", *GOOD[6:]), "（已签约的不用导入）。"),
        (("无锡先导智能装备股份有限公司", *GOOD[1:]), "已由west-1首报"),
    ]
    answer = sent(api, [GOOD, *(line for line, _ in bad)])
    text = html.unescape(answer.text)
    for _, said in bad:
        assert said in text
    assert rows("SELECT count(*) FROM leads") == [(1,)], "all or nothing"
    tried = sent(api, [GOOD], commit=False)
    assert tried.status_code == 200
    assert rows("SELECT count(*) FROM leads") == [(1,)], "a try writes nothing"


def test_nobody_but_the_bureau(api: Api, rows: Rows) -> None:
    for who in ("supervisor", "leader", "admin", "chen"):
        assert sent(api, [GOOD], who=who).status_code == 403
    assert rows("SELECT count(*) FROM leads") == [(0,)]
