"""The facts of an audit event as people read them: what each is called, and whom or what an id or a code means."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.problems import FIELD_NAMES
from server.checkins.rejection import GROUNDS
from server.console.lead_words import FIELDS
from server.console.words import STATES, moment
from server.flags.steps import STEP_WORDS
from server.leads.models import DEAD_ENDS, REQUESTS, SIDES, STAGES
from server.leaves.models import KIND_WORDS
from server.notify.messages import KINDS
from server.org import people
from server.org.models import ROLE_NAMES, Squad, Station, Unit
from server.spotchecks import models as spots

_NAMES = {
    "about": "关于谁",
    "address": "网络地址",
    "aimed": "是否指定",
    "aimed_sha256": "指定内容的摘要",
    "appeal": "申诉编号",
    "approved_by": "原审批人",
    "asked": "本人申请",
    "attester": "证明人",
    "before": "早于",
    "by": "方式或姓名",
    "cause": "原因",
    "changed": "改动",
    "check": "抽查编号",
    "checkins": "打卡数",
    "claimed": "已有首报的企业",
    "codes": "撤回的授权",
    "comment": "留言编号",
    "corroborated": "打卡能印证",
    "cut": "只导出了一部分",
    "days_recounted": "重新计算的天数",
    "drawn_sha256": "抽中名单的摘要",
    "event": "微信事件编号",
    "events": "记录编号",
    "fields": "项目",
    "filters": "筛选",
    "flag": "预警编号",
    "from_unit": "原单位",
    "grant": "授权编号",
    "granted": "是否同意",
    "ground": "依据",
    "halves": "半天数",
    "head": "链头",
    "inputs_sha256": "结账依据的摘要",
    "intact": "完好的记录数",
    "invite": "邀请码编号",
    "last_day": "最后一天",
    "leads": "线索编号",
    "leave": "申请编号",
    "list": "列表",
    "moment_at": "取种子的时刻",
    "notice": "消息编号",
    "notices": "消息数",
    "pauses": "暂停的渠道",
    "people": "人数",
    "pool_sha256": "可抽名单的摘要",
    "posting": "派驻编号",
    "request": "申请编号",
    "review": "复核编号",
    "rows": "行数",
    "same": "是同一张照片",
    "secret_sha256": "随机串的摘要",
    "side": "上下游",
    "sign_in": "登录编号",
    "to_unit": "新单位",
    "tries": "第几次",
    "verdict": "机器结论",
    "waiting": "未复核数",
    "wechat_sha256": "微信的摘要",
}
_OTHERWISE = {
    ("member.transferred", "from"): "起始日期",
    ("lead.moved", "from"): "原阶段",
    ("lead.moved", "to"): "新阶段",
    ("lead.handed_over", "to"): "移交给",
    ("session.started", "by"): "登录方式",
    ("session.started", "kind"): "登录到",
    ("member.bound", "by"): "绑定方式",
    ("audit.searched", "by"): "谁做的",
    ("console.scan_confirmed", "device"): "浏览器",
    ("invite.wrong_code", "from"): "网络地址",
}
_IDS = {"squad": Squad, "unit": Unit, "from_unit": Unit, "to_unit": Unit, "station": Station}
_PEOPLE = ("approved_by", "attester", "leader", "owner", "to")
_STATES = {code: state.word for code, state in STATES.items()}
_FIELDS = FIELD_NAMES | FIELDS
_LISTS = {
    "audit": "审计",
    "complaints": "意见",
    "escorts": "提请县领导",
    "flags": "预警",
    "leads": "线索",
    "leaves": "请假",
    "notices": "消息",
    "people": "人员",
    "register": "登记人员",
    "review": "待核的打卡",
    "spot-checks": "抽查",
    "squads": "单位和小分队",
    "stations": "驻点",
}
_CODES: Mapping[str, Mapping[str, str]] = {
    "verdict": _STATES,
    "decision": _STATES | spots.DECISIONS,
    "code": {code: ground.word for code, ground in GROUNDS.items()} | DEAD_ENDS,
    "kind": {"station": "驻点打卡", "visit": "走访打卡", "spot": "抽查打卡", "phone": "手机", "console": "电脑"}
    | (_STATES | REQUESTS | KIND_WORDS | spots.KINDS),
    "state": {"upheld": "成立", "denied": "不成立"},
    "outcome": spots.CALL_OUTCOMES,
    "excuse": spots.EXCUSES,
    "role": ROLE_NAMES,
    "step": STEP_WORDS,
    "side": SIDES,
    "from": STAGES,
    "to": STAGES,
    "by": {"password": "密码和验证码", "scan": "扫码", "wechat": "微信", "phone": "手机号", "invite": "邀请码"},
    "cause": {"lost_phone": "手机丢失"},
    "list": _LISTS,
    "fields": _FIELDS,
    "head": {"empty": "还没有记录"},
}
_CHANNELS = {"inbox": "消息页", "wechat": "微信", "email": "邮件"}


class Words:
    """What the ids in these facts are called; asked for once a page."""

    def __init__(self, session: Session, county_id: int, facts: Iterable[Mapping[str, Any]]) -> None:
        found: dict[Any, set[uuid.UUID]] = {}
        for one in facts:
            for key, said in one.items():
                if key in _IDS or key in _PEOPLE:
                    found.setdefault(_IDS.get(key), set()).update(_ids(said))
        self._names: dict[uuid.UUID, str] = people.names(session, county_id, found.pop(None, set()))
        for model, ids in found.items():
            rows = session.execute(select(model.id, model.name).where(model.county_id == county_id, model.id.in_(ids)))
            self._names |= {row.id: row.name for row in rows}

    def said(self, action: str, facts: Mapping[str, Any], tz: str) -> dict[str, str]:
        """Each fact by its name, in words."""
        return {name_of(action, key): self._word(key, value, tz) for key, value in facts.items()}

    def _word(self, key: str, value: Any, tz: str) -> str:
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, Mapping):
            return "；".join(f"{_FIELDS.get(name, name)}：{_change(said)}" for name, said in value.items())
        if isinstance(value, list):
            return "、".join(_switch(one) if isinstance(one, list) else self._word(key, one, tz) for one in value)
        if value is None or value == "None":
            return "无"
        if key.endswith("_at"):
            return _moment(str(value), tz)
        ids = _ids(value) if key in _IDS or key in _PEOPLE else []
        if ids:
            return self._names.get(ids[0], str(value))
        return _CODES.get(key, {}).get(str(value), str(value))


def name_of(action: str, key: str) -> str:
    return _OTHERWISE.get((action, key)) or _NAMES.get(key) or FIELD_NAMES.get(key, key)


def _ids(said: Any) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(str(said))]
    except ValueError:
        return []


def _change(said: Any) -> str:
    """Of a company's facts {from, to}; of filters the words that were chosen."""
    if isinstance(said, Mapping):
        return f"{said.get('from') or '无'} → {said.get('to') or '无'}"
    return str(said)


def _switch(said: list[Any]) -> str:
    """[kind, channel, whether it is on] of the notices' settings."""
    if len(said) != 3:
        return "、".join(map(str, said))
    kind, channel, on = said
    title = KINDS[kind].title if kind in KINDS else str(kind)
    return f"{title}（{_CHANNELS.get(channel, channel)}）{'开' if on else '关'}"


def _moment(said: str, tz: str) -> str:
    try:
        return moment(datetime.fromisoformat(said), tz)
    except ValueError:
        return said
