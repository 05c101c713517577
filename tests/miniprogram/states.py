"""Which states each page is shown in by `make screenshots`: a row is a page, a state, and how a phone gets there."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import checks_in, on_site, takes_a_photo, takes_pictures

NAME = "苏州汇川技术有限公司"
TALK = "team/step/step?flag=none&step=talk&who=chen&word=约谈"


@dataclass(frozen=True)
class State:
    """`reach` brings a phone that is not open yet to where the picture is taken; `who` of the cast holds it, `given` (a
    fixture) lies behind them."""

    page: str
    name: str
    reach: Callable[[Phone], object]
    who: str = "chen"
    given: str = ""


def _checkin(phone: Phone) -> Phone:
    return on_site(phone).opens().taps("打卡，23:00 前")


def _refused(phone: Phone) -> Phone:
    phone.opens("pages/checkin/checkin").sees("使用前请先阅读").taps("暂不同意")
    return phone.sees("没有同意隐私保护指引")


def _draw(phone: Phone) -> Phone:
    return phone.opens("spot/ask/ask").taps("已结束").is_on("spot/draw/draw").sees("怎样抽的")


def _reviewing(phone: Phone) -> Phone:
    return phone.opens("team/reviews/reviews").taps("chen").is_on("team/review/review").sees("方块是驻点和围栏")


def _of_a_mate(phone: Phone) -> Phone:
    return phone.opens("team/board/board").taps("chen：看打卡").sees("写一句")


def _barred(phone: Phone) -> Phone:
    return _checkin(phone.fails("getLocation", "system permission denied")).sees("去系统设置")


def _no_camera_by_phone(phone: Phone) -> Phone:
    return _checkin(phone.lets_wechat_use_the_camera(False)).sees("去系统设置")


def _outside(phone: Phone) -> Phone:
    return on_site(phone).stands_at(31.3, 121.5).opens().taps("打卡，23:00 前").sees("在围栏外")


def _kept(phone: Phone) -> Phone:
    """Sent without a network, and back at today's page."""
    on_site(phone).opens().sees("23:00 前").goes_offline()
    return checks_in(phone).sees("没有网络，已存好，联网后自动提交。")


def _asked(phone: Phone) -> Phone:
    phone.opens("pages/ask/ask").fills("写一句，审批的人会看", "回县参加招商推介会").taps("提交")
    return phone.is_on("pages/leaves/leaves").sees("待审批")


def _at(page: str, *seen: str) -> Callable[[Phone], Phone]:
    return lambda phone: on_site(phone).opens(page).sees(*seen)


def _reports(phone: Phone, name: str) -> Phone:
    if phone.page:
        phone.is_killed()
    phone.opens("leads/report/report").fills("如 苏州某某科技有限公司", name).taps("商会协会")
    return phone.taps("报送").is_on("leads/lead/lead")


def _reported(phone: Phone) -> Phone:
    phone.opens("leads/report/report").fills("如 苏州某某科技有限公司", "苏州汇川技术有限公司").taps("商会协会")
    phone.fills("如 约负责人来县考察（可不填）", "约张总来县考察").taps("报送").is_on("leads/lead/lead")
    return (
        phone.fills("见了谁，谈了什么", "拜访了张总，看了生产线，对方关心电价。")
        .taps("记下")
        .sees("chen · 11月24日 周二")
    )


def _waiting(phone: Phone) -> Phone:
    _reported(phone).goes_offline().fills("见了谁，谈了什么", "和张总约好周五来县里看地。").taps("记下")
    return phone.sees("待发送")


def _pictured(phone: Phone) -> Phone:
    _reported(phone.agreed_to_privacy())
    for n, text in enumerate(("看了总装车间，二期准备扩建。", "")):
        takes_pictures(phone, 4 - n)
        if text:
            phone.fills("见了谁，谈了什么", text).taps("记下").sees(text)
    return phone


def _visiting(phone: Phone) -> Phone:
    for name in ("无锡先导智能装备股份有限公司", "苏州汇川技术有限公司", "一汽解放汽车有限公司无锡柴油机厂铸造分公司"):
        phone = _reports(phone, name)
    phone.agreed_to_privacy().stands_at(31.298731, 120.603942).is_killed_and_restarted().sees("23:00 前")
    phone.taps("打卡，23:00 前").taps("拍照").taps("苏州汇川技术有限公司")
    return phone.fills("见了谁，谈了什么", "看了总装车间，张总问电价。")


def _visited(phone: Phone) -> Phone:
    return _visiting(phone).taps("提交").sees("完成")


def _changing(phone: Phone) -> Phone:
    _reported(phone).taps("改下一步和情况").is_on("leads/facts/facts").picks("未定", "2026-12-01")
    return phone.fills("如 12000", "12000").fills("如 80.5", "80.5")


def _known(phone: Phone) -> Phone:
    _reported(phone).is_killed_and_restarted("leads/report/report")
    return phone.fills("如 苏州某某科技有限公司", "苏州惠川技术").sees("读音相近").taps("再填几项")


def _challenged(phone: Phone) -> Phone:
    return on_site(phone).opens().taps("打开相机应答").sees("请在照片里", "在围栏内")


def _unheard(phone: Phone) -> Phone:
    return on_site(phone).opens().sees("打开相机应答").goes_offline().taps("打开相机应答").sees("还不能应答")


def _explaining(phone: Phone) -> Phone:
    phone.opens("spot/mine/mine").taps("说明原因").taps("没有信号")
    return phone.fills("当时在哪里，在做什么", "在地下车间看设备，没有信号，出来以后才看到。")


def _called(phone: Phone) -> Phone:
    phone.opens("spot/calls/calls").taps("用别的电话打过了，记结果").taps("无人接听").taps("记下").sees("无人接听。")
    return phone.taps("拨打 02188886666").taps("在驻点接听")


def _listed(phone: Phone) -> Phone:
    return phone.opens("leads/list/list").sees(NAME)


def _asking(phone: Phone) -> Phone:
    _listed(phone).taps(NAME).taps("提请县领导一同拜访").sees("什么时候").picks("第1个时间的日期", "2026-11-30")
    phone.taps("再提一个时间").fills("如 苏州工业园区企业总部", "苏州工业园区企业总部")
    return phone.fills("谈到哪一步了，希望领导谈什么", "企业二期选址在三地之间比较，希望领导谈用地和电价。")


def _escort(phone: Phone, tab: str = "待答复") -> Phone:
    return phone.opens("leads/escorts/escorts").taps(tab).taps(NAME).is_on("leads/escort/escort")


STATES: list[State] = [
    State("pages/welcome/welcome", "read", _at("", "知道了，开始"), "oNobodyYet"),
    State("pages/welcome/welcome", "bind", lambda p: _at("", "知道了，开始")(p).taps("知道了，开始"), "oNobodyYet"),
    State("pages/consent/consent", "given", _at("pages/consent/consent", "您已同意，可以随时撤回。")),
    State("pages/today/today", "go", _at("", "23:00 前")),
    State("pages/today/today", "done", lambda p: checks_in(on_site(p).opens()).taps("完成").sees("今天不用再打卡")),
    State("pages/today/today", "unsent", lambda p: _kept(p).taps("回到今天").sees("1 次打卡还没有提交")),
    State("pages/today/today", "no-network", lambda p: p.goes_offline().opens().sees("没有打开")),
    State("pages/today/today", "nowhere", _at("", "未派驻"), "admin"),
    State("pages/checkin/checkin", "live", lambda p: _checkin(p).sees("在围栏内")),
    State("pages/checkin/checkin", "outside", _outside),
    State("pages/checkin/checkin", "still", lambda p: takes_a_photo(on_site(p).opens())),
    State("pages/checkin/checkin", "visit", _visiting),
    State("pages/checkin/checkin", "visited", _visited),
    State("pages/checkin/checkin", "verdict", lambda p: checks_in(on_site(p).opens()).sees("完成")),
    State("pages/checkin/checkin", "kept", _kept),
    State("pages/checkin/checkin", "privacy", lambda p: p.opens("pages/checkin/checkin").sees("使用前请先阅读")),
    State("pages/checkin/checkin", "privacy-refused", _refused),
    State("pages/checkin/checkin", "no-camera", lambda p: _checkin(p.refuses("camera")).sees("没有允许使用摄像头")),
    State("pages/checkin/checkin", "no-camera-by-phone", _no_camera_by_phone),
    State("pages/checkin/checkin", "barred", _barred),
    State("pages/checkin/checkin", "no-place", lambda p: _checkin(p.refuses("location")).sees("去允许")),
    State(
        "pages/evidence/evidence", "clear", lambda p: checks_in(on_site(p).opens()).taps("查看依据").sees("逐项核验")
    ),
    State("pages/unsent/unsent", "waiting", lambda p: _kept(p).taps("回到今天").taps("1 次打卡还没有提交")),
    State("pages/unsent/unsent", "empty", _at("pages/unsent/unsent", "没有待发送的")),
    State("pages/calendar/calendar", "day", lambda p: _at("pages/calendar/calendar", "2026年11月")(p).taps("23")),
    State("pages/messages/messages", "empty", _at("pages/messages/messages", "还没有消息")),
    State("pages/leaves/leaves", "empty", _at("pages/leaves/leaves", "还没有申请")),
    State("pages/leaves/leaves", "asked", _asked),
    State("pages/ask/ask", "new", _at("pages/ask/ask", "申请什么")),
    State("pages/me/me", "member", _at("pages/me/me", "我的事")),
    State("pages/me/me", "leader", _at("pages/me/me", "带队"), "leader"),
    State("spot/mine/mine", "empty", _at("spot/mine/mine", "还没有抽到您")),
    State("spot/mine/mine", "open", _at("spot/mine/mine", "打开相机应答"), given="asked"),
    State("spot/mine/mine", "explaining", _explaining, given="missed"),
    State("spot/mine/mine", "decided", _at("spot/mine/mine", "情况属实"), given="excused"),
    State(
        "spot/proof/proof",
        "drawn",
        lambda p: _at("spot/mine/mine", "怎样抽的")(p).taps("怎样抽的").sees("现在又核对"),
        given="drawn",
    ),
    State("spot/ask/ask", "empty", _at("spot/ask/ask", "还没有抽签"), "bureau"),
    State("spot/ask/ask", "drawn", _at("spot/ask/ask", "已结束"), "bureau", given="drawn"),
    State("spot/draw/draw", "over", _draw, "bureau", given="drawn"),
    State("spot/calls/calls", "called", _called, "supervisor", given="to_call"),
    State("spot/calls/calls", "empty", _at("spot/calls/calls", "没有要打的电话"), "supervisor"),
    State("pages/today/today", "spot", _at("", "打开相机应答"), given="asked"),
    State("pages/checkin/checkin", "spot", _challenged, given="asked"),
    State("pages/checkin/checkin", "spot-no-signal", _unheard, given="asked"),
    State(
        "pages/checkin/checkin",
        "spot-answered",
        lambda p: _challenged(p).taps("拍照").taps("提交").sees("等人复核"),
        given="asked",
    ),
    State("leads/list/list", "empty", _at("leads/list/list", "还没有线索")),
    State("leads/list/list", "one", lambda p: _reported(p).is_killed_and_restarted("leads/list/list").sees("约张总")),
    State("leads/report/report", "known", _known),
    State("leads/lead/lead", "followed-up", _reported),
    State("leads/facts/facts", "filled", _changing),
    State("leads/lead/lead", "waiting", _waiting),
    State("leads/lead/lead", "escort", lambda p: _listed(p).taps(NAME).sees("契合度", "待答复"), given="escort"),
    State("leads/along/along", "filled", _asking, given="lead"),
    State("leads/escorts/escorts", "open", _at("leads/escorts/escorts", NAME), "county_leader", given="escort"),
    State("leads/escort/escort", "asked", lambda p: _escort(p).sees("选一个时间"), "county_leader", given="escort"),
    State("leads/escort/escort", "agreed", lambda p: _escort(p, "已约定").sees("加到手机日历"), given="agreed"),
    State("pages/today/today", "escort", _at("", "等答复"), "county_leader", given="escort"),
    State("leads/lead/lead", "pictures", _pictured),
    State("leads/lead/lead", "ending", lambda p: _reported(p).taps("谈不下去了，申请终止").sees("为什么终止")),
    State("team/board/board", "squad", _at("team/board/board", "证明在岗"), "leader"),
    State("pages/evidence/evidence", "of-a-mate", _of_a_mate, "leader", given="checked"),
    State("team/attest/attest", "new", lambda p: _at("team/board/board", "证明在岗")(p).taps("证明在岗"), "leader"),
    State("team/board/board", "colleague", _at("team/board/board", "人今天已确认在岗")),
    State("team/approvals/approvals", "empty", _at("team/approvals/approvals", "没有等您审批的申请"), "supervisor"),
    State("team/flags/flags", "empty", _at("team/flags/flags", "没有预警"), "leader"),
    State("team/step/step", "talk", _at(TALK, "对方怎么说"), "leader"),
    State("team/review/review", "far-away", _reviewing, "bureau", given="waits"),
    State("team/reviews/reviews", "empty", _at("team/reviews/reviews", "都复核完了"), "bureau"),
    State("team/appeals/appeals", "empty", _at("team/appeals/appeals", "没有等您处理的申诉"), "bureau"),
    State("team/scan/scan", "over", _at("team/scan/scan?code=nothing", "不能登录"), "leader"),
    State("mine/file/file", "month", _at("mine/file/file", "每月")),
    State("mine/switches/switches", "all", _at("mine/switches/switches", "打卡提醒")),
    State("mine/switches/switches", "employee", _at("mine/switches/switches", "小程序助手消息"), given="staffed"),
    State(
        "mine/switches/switches",
        "employee-bound",
        lambda p: _at("mine/switches/switches", "小程序助手消息")(p).taps("开通").sees("已开通。", "增加接收的消息"),
        given="staffed",
    ),
    State("mine/devices/devices", "two", _at("mine/devices/devices", "这就是您手上的这台")),
    State("mine/data/data", "kept", _at("mine/data/data", "删除我的信息")),
    State("mine/data/data", "ready", lambda p: _at("mine/data/data")(p).taps("导出我的信息").sees("发送到微信聊天")),
    State("mine/complaints/complaints", "empty", _at("mine/complaints/complaints", "想说的是")),
    State("mine/about/about", "about", _at("mine/about/about", "投诉和建议")),
]
