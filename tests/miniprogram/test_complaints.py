"""投诉和建议: said in a few words; the answer is read where it was said; a lost answer makes no second complaint."""

import json

from server.db import Database
from tests.client import Api
from tests.miniprogram.phone import Phone

WORDS = "发生了什么，希望怎样改"
PAGE = "mine/complaints/complaints"


def said(api: Api) -> list[tuple[str, str]]:
    return [(one["kind"], one["text"]) for one in json.loads(api.get("/me/complaints", "chen").text)["items"]]


def test_a_suggestion_is_made_and_its_answer_read(phone: Phone, api: Api) -> None:
    phone.opens("pages/me/me").taps("投诉和建议").is_on(PAGE).taps("建议")
    phone.fills(WORDS, "建议周末不要求打卡").taps("提交").sees("会在12月1日 周二前答复")
    assert said(api) == [("suggestion", "建议周末不要求打卡")]
    (one,) = json.loads(api.get("/complaints", "bureau").text)["items"]
    api.post(f"/complaints/{one['id']}/answer", "bureau", {"answer": "已采纳，下月起执行。"})
    phone.is_killed_and_restarted(PAGE).sees("bureau 答复", "已采纳，下月起执行。")


def test_nothing_written_is_nothing_sent(phone: Phone, api: Api) -> None:
    phone.opens(PAGE).taps("提交").sees("请先写几句。")
    assert said(api) == []


def test_without_signal_the_words_stay_and_it_is_sent_once(phone: Phone, api: Api, db: Database) -> None:
    phone.opens(PAGE).sees("想说的是").goes_offline()
    phone.fills(WORDS, "信号不好").taps("提交").sees("写的内容还在")
    assert phone.data["text"] == "信号不好"
    phone.comes_online().taps("提交").sees("会在12月1日 周二前答复")
    assert said(api) == [("complaint", "信号不好")]
