"""All pages of the console, told to the app."""

import structlog
from flask import Flask

from server.console import (
    account,
    appeals,
    audit,
    companies,
    complaints,
    doors,
    escorts,
    face,
    flags,
    following,
    lead_charts,
    leads,
    leaves,
    months,
    notices,
    overview,
    people,
    policies,
    register,
    register_people,
    register_stations,
    review,
    review_list,
    review_sheet,
    review_together,
    spots,
    system,
    words,
)

log = structlog.get_logger()
# A page is a module whose import adds its routes to the face.
PAGES = (
    *(doors, overview, review, review_list, review_sheet, review_together, appeals),
    *(people, months, leads, lead_charts, companies, escorts, spots),
    *(leaves, flags, notices, complaints, policies),
    following,
    *(register, register_stations, register_people, audit, system, account),
)


def install(app: Flask) -> None:
    """Routes, filters, security headers."""
    words.install(app)
    app.register_blueprint(face.face)
    app.after_request(face.harden)
    app.jinja_env.globals["asset"] = face.asset
    if not face.has_vendor():
        log.warning("console_assets_missing", hint="make assets")
