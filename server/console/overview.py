"""总览."""

from flask import Response

from server.console.face import face, page


@face.get("/")
def overview() -> Response:
    return page("overview.html")
