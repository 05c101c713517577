"""Wiring only: configuration, database, errors, the faces."""

from flask import Response, request
from flask_openapi import Info, OpenAPI, SecurityScheme
from werkzeug.middleware.proxy_fix import ProxyFix

from server.api import (
    appeals,
    attestations,
    chains,
    checkins,
    closing,
    comments,
    companies,
    complaints,
    consents,
    console,
    docs,
    draws,
    escorts,
    flags,
    health,
    lead_filters,
    leads,
    leaves,
    months,
    my_data,
    my_file,
    notices,
    people,
    photos,
    policies,
    problems,
    register,
    reviews,
    session,
    signin,
    spot_checks,
    squads,
    structure,
    subscriptions,
    today,
    wechat,
)
from server.api.services import Services, now
from server.clock import Clock, system_clock
from server.config import Config
from server.console import face, pages
from server.db import Database
from server.notify.tokens import DatabaseTokens
from server.photos.store import FolderStore
from server.sealing import Sealer
from server.wechat.client import WechatClient
from server.wechat.push import PushReader

# A 10 MB photo, its form, and the multipart boundaries around them.
MOST_BODY_BYTES = 11 * 1024 * 1024
# A single field; werkzeug counts its read buffer in, so anything near its 64 KB chunks would refuse honest photos.
MOST_FIELD_BYTES = 500_000

_BLUEPRINTS = (
    signin,
    console,
    my_data,
    consents,
    checkins,
    reviews,
    appeals,
    comments,
    attestations,
    chains,
    people,
    photos,
    months,
    my_file,
    closing,
    lead_filters,
    leads,
    leaves,
    policies,
    draws,
    spot_checks,
    squads,
    today,
    subscriptions,
    notices,
    companies,
    complaints,
    escorts,
    register,
    structure,
    flags,
    health,
)


def create_app(
    config: Config, clock: Clock = system_clock, db: Database | None = None, routes: OpenAPI | None = None
) -> OpenAPI:
    """The web application. `clock` and `db` are given by tests; a server makes its own. `routes`: made ahead, for this
    app alone and with its `trusted_proxies`."""
    app = routes or make_routes(config.trusted_proxies)
    app.extensions["zhudian"] = make_services(config, clock, db)
    return app


def make_routes(proxies: int = 0) -> OpenAPI:
    """All faces, behind so many trusted proxies, and no services yet: nothing in it is open, so that it may be made
    before a process forks."""
    app = OpenAPI(
        __name__,
        info=Info(title="驻点通 Zhudian API", version="1", description=_DESCRIPTION),
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer"),
            "cookie": SecurityScheme(type="apiKey", name="zhudian", security_scheme_in="cookie"),
        },
        responses={"default": problems.Problem},
        validation_error_callback=problems.invalid_input,
        validation_error_model=problems.Problem,
        doc_ui=False,
    )
    app.openapi_version = "3.1.0"
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config.update(MAX_CONTENT_LENGTH=MOST_BODY_BYTES, MAX_FORM_MEMORY_SIZE=MOST_FIELD_BYTES, MAX_FORM_PARTS=40)
    problems.install(app, face.as_page)
    session.install(app)
    for domain in _BLUEPRINTS:
        app.register_api(domain.bp)
    app.register_blueprint(wechat.bp)
    pages.install(app)
    docs.install(app)
    app.after_request(_harden)
    app.after_request(_timed)
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    return app


def make_services(config: Config, clock: Clock = system_clock, db: Database | None = None) -> Services:
    """What handlers reach for."""
    database = db or Database(config.database_url, config.database_pool_size)
    return Services(
        config=config,
        db=database,
        clock=clock,
        store=FolderStore(config.photo_root),
        wechat=WechatClient(config, DatabaseTokens(database, clock)),
        pushes=PushReader(config.wechat_callback_token, config.callback_key, config.wechat_appid),
        sealer=Sealer(config.sealing_keys),
    )


def _harden(response: Response) -> Response:
    """Personal pages are not cached, nothing is sniffed or framed."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _timed(response: Response) -> Response:
    """The server's clock in milliseconds, with each reply: phones measure theirs by it (`Date` has whole seconds)."""
    response.headers["Server-Time"] = str(round(now().timestamp() * 1000))
    return response


_DESCRIPTION = """\
在驻点打卡、核验、计天、预警。时间一律为 RFC 3339；坐标以 WGS-84 返回。

错误为 RFC 9457 problem，带稳定的 `code` 和中文 `detail`。

每个回应的 `Server-Time` 头是服务器的毫秒时刻，手机据此量自己的钟差。

登录：`POST /api/v1/login` 用 `wx.login` 的 code 换 `token`，之后每个请求带 `Authorization: Bearer <token>`。
浏览器用 `POST /api/v1/console/sign-in`（用户名、密码、动态码）或扫码登录，之后带 cookie；
修改类请求只接受本站页面发出的。
"""
