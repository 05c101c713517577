"""Every kind of notice composes what WeChat accepts, however long a name or a reason is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.notify import messages, told
from server.notify.fit import day_words, fit
from server.notify.subscriptions import FIELDS, template_id, template_keys
from server.wechat.sandbox.message_templates import TEMPLATES
from server.wechat.sandbox.values import is_accepted

LONG = "一个长得谁也想不到的驻点名称，还带着\n换行和标点！" * 5
MONTH = {"month": "2026-11", "confirmed": 18.5, "pending": 10.5, "excused": 11.5, "target": 20.5,
         "missing": 19.5, "remaining_days": 31}  # fmt: skip
LEAVE = {"member": "欧阳文静怡", "kind": "法定节假日", "starts_on": "2026-11-24", "ends_on": "2026-11-24",
         "halves": 2, "reason": "参加市里的招商培训"}  # fmt: skip
CASES = [
    ("reminder", {"station": "苏州驻点", "on": "2026-11-24", "closes": "18:00"}),
    ("reminder", {"station": LONG, "on": "2026-12-31", "closes": "24:00"}),
    ("checkin_decided", {"on": "2026-11-24", "result": "通过", "reason": ""}),
    ("checkin_decided", {"on": "2026-11-24", "result": "驳回", "reason": LONG}),
    ("checkin_decided", {"on": "2026-11-24", "result": "驳回", "reason": " \n\u2028"}),
    ("checkin_pending", {"on": "2026-11-24"}),
    *(
        (
            "attestation_ended",
            {"on": "2026-11-24", "member": LONG, "attester": "李明", "by": by, "to": to, "reason": LONG},
        )
        for by, to in (("", "member"), ("王芳", "member"), ("王芳", "attester"))
    ),
    ("leave_asked", LEAVE | {"result": "待审批"}),
    ("leave_decided", LEAVE | {"result": "已同意", "ends_on": "2026-12-31"}),
    ("leave_decided", LEAVE | {"result": "未同意", "reason": LONG, "member": LONG}),
    ("leave_decided", LEAVE | {"result": "已撤销", "reason": LONG}),
    ("leave_withdrawn", LEAVE | {"result": "已撤回", "halves": 1, "reason": ""}),
    ("flag_behind", MONTH),
    ("flag_unreachable", MONTH),
    ("flag_at_risk", MONTH),
    ("flag_missed", MONTH),
    ("flag_uncovered", {"unit": LONG, "since": "2026-11-01", "days": 31, "on": "2026-12-01", "month": "2026-12"}),
    ("flag_closed", {"kind": "behind", "month": "2026-11"}),
    ("flag_closed", {"kind": "missed", "month": "2026-12"}),
    ("flag_closed", {"kind": "uncovered", "month": "2026-11"}),
    ("flag_step", {"name": "欧阳明月", "step": "约谈", "reason": "了解困难", "on": "2026-11-24", "month": "2026-11"}),
    ("flag_step", {"name": LONG, "step": "通报", "reason": LONG, "on": "2026-11-24", "month": "2026-11"}),
    ("month_reached", {"month": "2026-11", "have": 20.5, "target": 20.5}),
    ("month_closed", {"month": "2026-11"}),
    ("leave_waiting", {"name": "李明", "from": "2026-11-24", "to": "2026-12-31"}),
    ("review_asked", {"reviews": 17, "appeals": 2, "oldest": "2026-11-03", "on": "2026-11-24"}),
    ("review_asked", {"reviews": 1200, "appeals": 0, "oldest": "2026-11-30", "on": "2026-12-31"}),
    ("review_asked", {"reviews": 0, "appeals": 1, "oldest": "2026-11-03", "on": "2026-11-24"}),
    ("deletion_done", {"asked_on": "2026-11-24"}),
    ("console_signed_in", {"on": "2026-11-24", "at": "09:05", "device": "Chrome，Windows"}),
    ("account_changed", {"what": "lost_phone", "on": "2026-11-24"}),
    ("account_changed", {"what": "transferred", "on": "2026-11-24"}),
    *(
        (
            "lead_asked",
            {"company": "苏州汇川技术股份有限公司", "squad": "驻苏州招商小分队", "what": what, "on": "2026-11-24"},
        )
        for what in ("join", "contest", "close")
    ),
    (
        "escort_asked",
        {"company": "苏州汇川技术股份有限公司", "squad": "驻苏州招商小分队", "what": "escort", "on": "2026-11-24"},
    ),
    ("spot_asked", {"on": "2026-12-31", "due": "23:59", "minutes": 240}),
    ("spot_missed", {"on": "2026-12-31", "what": "selfie"}),
    ("spot_missed", {"on": "2026-12-31", "what": "call"}),
    ("spot_decided", {"on": "2026-12-31", "result": "无正当理由", "reason": LONG}),
    *(
        ("lead_news", {"company": "苏州汇川技术有限公司", "what": what, "said": "两队一起谈", "on": "2026-11-24"})
        for what in (
            *("join_granted", "contest_refused", "close_granted", "joined", "lost", "expired", "handed_over"),
            *("escort_accepted", "escort_declined", "escort_called_off"),
        )
    ),
    (
        "lead_late",
        {"company": "苏州汇川技术有限公司", "what": "答复企业", "due": "2026-11-24", "days": 3, "owner": "杜琳"},
    ),
    ("complaint_made", {"kind": "投诉", "due": "2026-12-01"}),
    ("complaint_waiting", {"kind": "建议", "due": "2026-12-31"}),
    ("complaint_answered", {"kind": "投诉", "answer": LONG, "on": "2026-12-31"}),
    ("leave_ending", {"name": "李明", "from": "2026-11-24", "to": "2026-12-31"}),
]


@pytest.mark.parametrize(("kind", "facts"), CASES)
def test_the_sandbox_accepts_it(kind, facts):
    values = messages.compose(kind, facts)
    template = TEMPLATES[messages.KINDS[kind].template]
    assert list(values) == [key for _label, key in template.lines]
    assert [(key, value) for key, value in values.items() if not is_accepted(key, value)] == []


def test_every_kind_is_tried():
    assert {kind for kind, _facts in CASES} == set(messages.KINDS)


def test_our_own_sentences_are_never_cut():
    for kind, facts in CASES:
        if LONG not in facts.values():
            assert "…" not in "".join(messages.compose(kind, facts).values()), kind


def test_each_kind_fills_in_the_fields_of_its_template():
    """By which the configured templates are checked (server/notify/templates.py)."""
    for kind, facts in CASES:
        assert tuple(messages.compose(kind, facts)) == FIELDS[messages.KINDS[kind].template], kind
    assert {id: tuple(key for _label, key in one.lines) for id, one in TEMPLATES.items()} == FIELDS


def test_the_longest_facts_arrive_on_a_phone(members, write, delivery, notices, sandbox):
    cases = [(kind, facts) for kind, facts in CASES if kind in messages.SUBSCRIBED]
    for number, (kind, facts) in enumerate(cases):
        write(members[0], f"k{number:02}", kind, facts)
    delivery().run()
    assert [(notice.kind, notice.state, notice.last_error) for notice in notices()] == [
        (kind, "sent", None) for kind, _facts in cases
    ]
    assert len(sandbox.state.messages) == len(cases)


def test_what_is_about_the_account_spends_no_acceptance(members, write, delivery, notices, sandbox):
    write(members[0], "k", "account_changed", {"what": "lost_phone", "on": "2026-11-24"})
    delivery().run()
    ((notice,),) = [notices()]
    assert (notice.state, list(sandbox.state.messages)) == ("muted", [])
    told_so = told.outside(notice, notice.created_at, "Asia/Shanghai")
    assert told_so == "这类消息只发邮件；本县没有开通邮件，只放在这里。"


def is_visible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cc", "Zl", "Zp")


@given(st.text(max_size=80))
def test_any_text_fits_a_thing(text):
    fitted = fit("thing1", text)
    assert is_accepted("thing1", fitted)
    assert fitted == "无" or fitted[0] in text
    if any(is_visible(char) for char in text):
        assert fitted.rstrip("…")


@given(st.text(max_size=20).filter(lambda text: text.strip() and all(map(is_visible, text))))
def test_what_fits_is_left_alone(text):
    assert fit("thing12", text) == text


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF), max_size=40))
def test_any_text_fits_a_phrase(text):
    assert is_accepted("phrase2", fit("phrase2", text))


def test_days_are_written_as_people_say_them():
    assert day_words("2026-11-03") == "11月3日 周二"


@pytest.mark.parametrize(("kind", "facts"), CASES)
def test_the_inbox_says_it_in_whole_sentences(kind, facts):
    said = messages.sentence(kind, facts)
    assert said[-1] in "。！", said
    assert "。。" not in said
    assert all(is_visible(char) or char == " " for char in said)
    if LONG in facts.values():
        assert "…" not in said, "nothing is cut"


def test_the_sentences_of_a_few():
    """As a reader meets them; the others are held to the rules above."""
    said = {kind: messages.sentence(kind, facts) for kind, facts in reversed(CASES)}
    assert said["flag_behind"] == (
        "11月驻点已有 40.5 天（其中 10.5 天待核），目标 20.5 天。再驻 19.5 天即可达标，还有 31 个可用日。"
    )
    assert said["leave_asked"] == "欧阳文静怡申请法定节假日，11月24日，等您审批。理由：参加市里的招商培训。"
    assert said["leave_ending"] == "您的假期到12月31日 周四结束，之后恢复打卡。需要续假，请先申请。"
    assert said["flag_step"] == "11月24日 周二，针对欧阳明月11月的驻点情况决定约谈。理由：了解困难。"


def test_facts_that_do_not_fit_are_told_from_other_errors():
    for broken in ({}, {"on": "x", "result": "通过", "reason": ""}, {"on": None, "result": "通过", "reason": ""}):
        with pytest.raises(messages.Unfit):
            messages.compose("checkin_decided", broken)
        with pytest.raises(messages.Unfit):
            messages.sentence("checkin_decided", broken)


def test_values_go_under_the_keys_of_the_countys_own_template() -> None:
    facts = {"station": "苏州驻点" * 8, "on": "2026-11-24", "closes": "23:00"}
    values = messages.compose("reminder", facts, ("thing4", "date1", "thing7"))
    assert list(values) == ["thing4", "date1", "thing7"]
    assert (len(values["thing4"]), values["date1"], values["thing7"]) == (20, "2026年11月24日", "今天的打卡23:00前有效")
    with pytest.raises(messages.Unfit):
        messages.compose("reminder", facts, ("thing4", "date1"))
    templates = {"reminder": "an-id|thing4,date1,thing7", "flag_missed": "other"}
    assert (template_id("reminder", templates), template_keys("reminder", templates)) == (
        "an-id",
        ("thing4", "date1", "thing7"),
    )
    assert (template_id("flag_missed", templates), template_keys("flag_missed", templates)) == ("other", ())
