"""Is the process alive, can it serve, and where to look: for load balancers and for whoever opens the address."""

from flask import redirect
from flask_openapi import Tag
from pydantic import BaseModel
from sqlalchemy import text

from server import migrate
from server.api.described import Described
from server.api.problems import Problem, problem
from server.api.services import Reply, services

bp = Described("health", __name__, abp_tags=[Tag(name="运行")])


class Health(BaseModel):
    status: str


@bp.get("/healthz", responses={200: Health})
def healthz() -> Reply:
    """The process answers."""
    return Health(status="ok").model_dump()


@bp.get("/readyz", responses={200: Health, 503: Problem})
def readyz() -> Reply:
    """The database answers and stands at this code's schema, and the photo folder can be written."""
    store = services().store
    try:
        with services().db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            current = migrate.is_current(connection)
    except Exception as error:  # whatever keeps the database away, the answer is the same: not ready
        return problem(503, "database_unavailable", "数据库暂时连不上。", {"error": type(error).__name__})
    if not current:
        return problem(503, "schema_outdated", "数据库结构不是最新，请先运行 make migrate。")
    if not store.is_writable():
        return problem(503, "storage_unavailable", "照片目录不能写入。")
    return Health(status="ready").model_dump()


@bp.get("/", doc_ui=False)
def home() -> Reply:
    """People who open the bare address want the console; the browsable API is at /docs."""
    return redirect("/console/")
