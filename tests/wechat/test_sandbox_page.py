"""The control plane's refusals and the page that shows what a phone would."""

import requests

from server.wechat.sandbox.app import RunningSandbox


def put(sandbox: RunningSandbox, openid: str, thing: str) -> None:
    fields = {"thing1": thing, "date2": "2026年11月24日", "thing3": "今天还没有打卡"}
    sandbox.state.keep(
        openid=openid,
        template_id="sandbox-reminder",
        title="打卡提醒",
        fields=fields,
        page=None,
        miniprogram_state="formal",
    )


def test_an_empty_page_says_why_it_is_empty(sandbox):
    text = requests.get(sandbox.url).text
    assert "还没有发出消息" in text
    assert "张三 还没有收到消息" not in text
    sandbox.state.register("o-1", name="张三")
    assert "张三 还没有收到消息" in requests.get(f"{sandbox.url}/?openid=o-1").text


def test_a_message_is_text_and_never_markup(sandbox):
    put(sandbox, "o-1", "<script>x()</script>")
    sandbox.state.register("o-1", name="<b>", role='"><i>')
    text = requests.get(sandbox.url).text
    assert "<script>x()" not in text
    assert "&lt;script&gt;x()&lt;/script&gt;" in text
    assert "<b>&lt;" not in text
    assert '"><i>' not in text


def test_newest_first_labelled_and_by_person(sandbox):
    put(sandbox, "o-1", "先到")
    put(sandbox, "o-2", "后到")
    text = requests.get(sandbox.url).text
    assert "驻点名称" in text
    assert text.index("后到") < text.index("先到")
    assert "先到" not in requests.get(f"{sandbox.url}/?openid=o-2").text


def test_orders_that_cannot_be_read_are_400(sandbox):
    for path, body in [("codes", {}), ("faults", {"path": "x", "times": 1}), ("credits", []), ("personas", {"a": 1})]:
        assert requests.post(f"{sandbox.url}/_sandbox/{path}", json=body).status_code == 400


def test_faults_are_met_in_order_and_can_be_taken_away(sandbox, control):
    path = "/sns/jscode2session"
    control("faults", path=path, times=1, errcode=1)
    control("faults", path=path, times=2, http_status=503)
    assert requests.get(sandbox.url + path).json()["errcode"] == 1
    assert requests.get(sandbox.url + path).status_code == 503
    control("faults", path=path, times=0)
    assert requests.get(sandbox.url + path).json()["errcode"] == 40013
    assert requests.get(f"{sandbox.url}/_sandbox/calls").json() == {path: 3}


def test_it_listens_on_loopback_only(sandbox):
    assert sandbox._server.server_address[0] == "127.0.0.1"
