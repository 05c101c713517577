"""Every error leaves as an RFC 9457 problem: a code for programs, a Chinese sentence for people, never a trace."""

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Response, current_app, jsonify, request
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from server.errors import AppError
from server.tally.rules import NAMES

log = structlog.get_logger()

_HTTP = {
    400: ("bad_request", "请求的格式不对。"),
    404: ("not_found", "没有这个地址。"),
    405: ("method_not_allowed", "这个地址不支持这种操作。"),
    413: ("request_too_large", "内容太大：照片最多 10 MB，文字请缩短。"),
    415: ("media_type_unsupported", "请求的内容类型不对。"),
}
# pydantic's error types, as people say them. What is not listed reads "填写不正确".
_FIELD = {
    "missing": "必须填写",
    "uuid_parsing": "格式不对",
    "datetime_from_date_parsing": "格式不对，应为 2026-11-03T08:41:00+08:00",
    "datetime_parsing": "格式不对，应为 2026-11-03T08:41:00+08:00",
    "timezone_aware": "须带时区，如 +08:00",
    "date_from_datetime_parsing": "格式不对，应为 2026-11-03",
    "date_parsing": "格式不对，应为 2026-11-03",
    "finite_number": "须是一个有限的数",
    "float_parsing": "须是数字",
    "int_parsing": "须是整数",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "greater_than": "须大于 {gt}",
    "less_than": "须小于 {lt}",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "string_pattern_mismatch": "有不能用的字符",
    "string_unicode": "有不能用的字符",
    "value_error": "不能为空",
    "multiple_of": "须是 {multiple_of} 的倍数",
    "limit_refused": "有不认识的一项，或超出了范围",
    "literal_error": "不是可选的值",
    "extra_forbidden": "不认识这一项",
    "word_unknown": "须写{said}",
    "json_invalid": "不是有效的 JSON",
    "model_type": "须是 JSON 对象",
}


# The fields of every request, as people say them (tests/api/test_field_names.py holds it complete).
FIELD_NAMES = {
    "accuracy_m": "定位误差",
    "agreed": "是否同意",
    "aimed_at": "指定的对象",
    "answer": "答复",
    "answer_min": "应答时限",
    "answers": "订阅选择",
    "approved": "是否同意申请",
    "beside": "对照的复核",
    "binding": "绑定凭证",
    "body": "内容",
    "called_at": "拨打时间",
    "captured_at": "拍摄时间",
    "channel": "来源",
    "city": "城市",
    "code": "代码",
    "company": "企业",
    "company_id": "企业编号",
    "count": "数量",
    "currency": "币种",
    "cursor": "翻页位置",
    "datum": "坐标系",
    "days": "已等天数",
    "decision": "结论",
    "device": "手机信息",
    "eia": "环评类别",
    "email": "邮箱",
    "ends_on": "结束日期",
    "energy_tce": "能耗",
    "environment": "环保情况",
    "evidence": "依据",
    "ends_at": "结束时间",
    "excuse": "情况",
    "finding": "核验发现",
    "from": "起始日期",
    "happened_at": "发生时间",
    "heard": "本人的说明",
    "holds": "核验结论",
    "home_city": "所在城市",
    "id": "编号",
    "ids": "消息编号",
    "industry": "产业",
    "intent": "意向",
    "invest_from": "意向投资不少于（万）",
    "invest_to": "意向投资不多于（万）",
    "investment_wan": "意向投资（万元）",
    "invite_code": "邀请码",
    "is_other": "是否同名的另一个",
    "items": "设置",
    "kind": "类型",
    "land_mu": "用地",
    "lat": "纬度",
    "lead": "线索",
    "leader": "县领导",
    "late": "逾期",
    "limit": "每页条数",
    "lng": "经度",
    "member": "队员",
    "mine": "只看我的",
    "month": "月份",
    "name": "名称",
    "next_action": "下一步",
    "next_on": "下一步的日期",
    "node": "产业链环节",
    "note": "备注",
    "on": "日期",
    "outcome": "结果",
    "owner": "负责人",
    "password": "密码",
    "phone": "电话",
    "phone_code": "手机号凭证",
    "photo": "照片",
    "place": "地点",
    "purpose": "事由",
    "photos": "照片",
    "q": "查找内容",
    "radius_m": "围栏半径",
    "reason": "理由",
    "recorded_on_site": "是否现场采集",
    "reported_at": "报送时间",
    "role": "角色",
    "rules": "规则",
    "size": "规模",
    "slot": "选定的时间",
    "slots": "提出的时间",
    "squad": "小分队",
    "stage": "阶段",
    "starts_at": "开始时间",
    "starts_on": "开始日期",
    "state": "状态",
    "statement": "申诉内容",
    "station": "驻点",
    "step": "处置步骤",
    "text": "内容",
    "ticket": "拍摄凭证",
    "to": "截止日期",
    "token": "链接签名",
    "totp": "动态码",
    "tried": "试过什么",
    "tz": "时区",
    "understood": "确认已了解",
    "unit": "单位",
    "unit_id": "单位",
    "unread": "只看未读",
    "until": "截止时间",
    "upheld": "是否支持申诉",
    "uscc": "统一社会信用代码",
    "username": "用户名",
    "valid_to": "停用日期",
    "value": "天数",
    "version": "版本",
    "visit": "走访打卡",
    "wanted": "筛选条件",
    "weight": "疑点权重",
    "who": "接听人",
    "word": "说明",
}


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field("about:blank", description="always about:blank: `code` is the stable name")
    title: str = Field(description="the code again, for readers of the standard")
    status: int
    code: str = Field(description="stable, snake_case")
    detail: str = Field(description="one Chinese sentence for people")
    facts: dict[str, Any] = Field(default_factory=dict, description="what explains the refusal")


def problem(status: int, code: str, detail: str, facts: dict[str, Any] | None = None) -> Response:
    """The response for one problem: JSON, or to whoever is at the console a page."""
    body = Problem(type="about:blank", title=code, status=status, code=code, detail=detail, facts=facts or {})
    if request.path.startswith("/console"):
        response: Response = current_app.extensions["problem_page"](body)
    else:
        response = jsonify(body.model_dump(mode="json"))
        response.status_code = status
        response.mimetype = "application/problem+json"
    if status in (429, 503) and facts and "retry_after_s" in facts:
        response.headers["Retry-After"] = str(facts["retry_after_s"])
    return response


def invalid_input(error: ValidationError) -> Response:
    """422 for input that breaks its schema."""
    refusal = as_refusal(error)
    return problem(refusal.status, refusal.code, refusal.detail, refusal.facts)


def as_refusal(error: ValidationError) -> AppError:
    """What breaks its schema, each field named in words."""
    fields = [
        {
            "field": ".".join(str(part) for part in item["loc"]) or "body",
            "message": _message(item),
        }
        for item in error.errors(include_url=False, include_input=False)
    ]
    said = "；".join(f"{_name(f['field'])}{f['message']}" for f in fields[:3])
    return AppError(422, "input_invalid", f"填写有误：{said}。", {"fields": fields[:20]})


def _message(item: ErrorDetails) -> str:
    if item["type"] == "string_pattern_mismatch" and item["loc"][-1:] == ("month",):
        return "须是 2026-11 这样的月份"
    return _FIELD.get(item["type"], "填写不正确").format(**_limits(item))


def _name(field: str) -> str:
    """A field as people say it; of rules, the rule itself."""
    first, *inner = field.split(".")
    if first == "rules" and inner:
        return NAMES.get(inner[0], inner[0])
    return FIELD_NAMES.get(first, field)


def _limits(item: ErrorDetails) -> dict[str, Any]:
    """What the schema allows, as people write it: 90, not 90.0."""
    allowed = item.get("ctx", {})
    return {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in allowed.items()}


def install(app: Flask, as_page: Callable[[Problem], Response]) -> None:
    """Register the one handler of each kind; `as_page` draws a problem for the console."""
    app.extensions["problem_page"] = as_page

    @app.errorhandler(AppError)
    def _known(error: AppError) -> Response:
        return problem(error.status, error.code, error.detail, error.facts)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if error.response is not None:  # a validation error was turned into a problem already
            return error.response  # type: ignore[return-value]
        status = error.code or 500
        code, detail = _HTTP.get(status, ("http_error", "请求没有成功，请稍后再试。"))
        return problem(status, code, detail)

    @app.errorhandler(RecursionError)
    def _nested(_error: RecursionError) -> Response:
        return problem(422, "input_invalid", "填写有误：内容嵌套太深。")

    @app.errorhandler(IntegrityError)
    def _raced(error: IntegrityError) -> Response:
        # A rule that the database holds and that two requests raced for: the loser changes nothing and may look again.
        log.warning("integrity_conflict", constraint=str(getattr(error.orig, "diag", error.orig))[:200])
        return problem(409, "state_changed", "数据刚刚被改动，没有保存；请刷新后再试。")

    @app.errorhandler(OperationalError)
    def _database_gone(error: OperationalError) -> Response:
        # The pool does not test a connection before its use (a round trip in every request): after a restart of the
        # database the first request on each old connection ends here, and the client's retry finds a new one.
        log.error("database_unavailable", error=type(error.orig).__name__)
        return problem(503, "database_unavailable", "数据库暂时连不上，没有保存；请稍后再试。", {"retry_after_s": 2})

    @app.errorhandler(PoolTimeout)
    def _busy(_error: PoolTimeout) -> Response:
        return problem(503, "busy", "服务正忙，没有保存；请稍后再试。", {"retry_after_s": 5})

    @app.errorhandler(Exception)
    def _unknown(error: Exception) -> Response:
        log.exception("unhandled_error", kind=type(error).__name__)
        return problem(500, "internal_error", "服务出了问题，没有保存；请稍后再试。")
