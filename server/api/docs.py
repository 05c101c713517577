"""The API's own description: /openapi.json for programs, /docs for people."""

from threading import Lock
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect
from flask.typing import ResponseReturnValue
from flask_openapi import OpenAPI
from flask_openapi_swagger.plugins import RegisterPlugin

from server.api.described import draw_all

bp = Blueprint("docs", __name__)
_drawing = Lock()  # flask-openapi shows its document before it is whole


@bp.get("/openapi.json")
def openapi_json() -> Response:
    """The OpenAPI document, generated from the routes."""
    return jsonify(document(cast(OpenAPI, current_app)))


@bp.get("/docs")
def browsable() -> ResponseReturnValue:
    return redirect("/docs/swagger")


def install(app: Flask) -> None:
    """Both faces of the description; Swagger UI's assets come out of its wheel."""
    app.register_blueprint(bp)
    app.register_blueprint(RegisterPlugin.register(doc_url="../openapi.json"), url_prefix="/docs")


def document(app: OpenAPI) -> dict[str, Any]:
    """The document as plain JSON, drawn by the first who asks; whoever asks meanwhile waits for the whole of it."""
    with _drawing:
        if "document" not in app.extensions:
            app.extensions["document"] = _drawn(app)
    drawn: dict[str, Any] = app.extensions["document"]
    return drawn


def _drawn(app: OpenAPI) -> dict[str, Any]:
    """With problems under their own media type (RFC 9457)."""
    draw_all(app)
    spec = app.api_doc
    for path in spec["paths"].values():
        for operation in path.values():
            # flask-openapi forgets the app's own default for what a blueprint brings: 401, 403, 404, 409, 5xx.
            operation["responses"].setdefault("default", {"description": "Problem (RFC 9457)"})
            for status, response in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    response["content"] = {"application/problem+json": {"schema": _PROBLEM}}
    return spec


_PROBLEM = {"$ref": "#/components/schemas/Problem"}
