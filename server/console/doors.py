"""登录: by name, password and code, or by scanning with the mini-program; and out again."""

from flask import Response, redirect, request, url_for

from server.api.console import SignInBody, admit
from server.api.services import now, transaction
from server.api.session import caller, drop_cookie, require_own_page, set_cookie
from server.console.face import face, form, inside, page
from server.errors import AppError
from server.org import signin


@face.get("/sign-in")
def sign_in() -> Response:
    """Both ways in beside each other; `next` is where the reader wanted to go, `expired`: they were in before."""
    wanted, why = request.args.get("next"), ""
    if "expired" in request.args:
        why = "登录已过期，请重新登录" + ("；登录后回到刚才的页面。" if wanted else "。")
    elif wanted:
        why = "请先登录，之后打开您要看的页面。"
    return page("sign_in.html", next=inside(wanted), why=why, username="", refused=None)


@face.post("/sign-in")
def enter() -> Response:
    """The form, sent. What was wrong is said above it, and the name stays."""
    require_own_page()
    wanted = inside(request.form.get("next"))
    given = {name: request.form.get(name, "").strip() for name in ("username", "password", "totp")}
    try:
        token, _ = admit(form(SignInBody, given))
    except AppError as error:
        response = page("sign_in.html", next=wanted, username=given["username"], refused=error)
        response.status_code = error.status
        return response
    response = redirect(wanted, 303)  # type: ignore[assignment]
    set_cookie(response, token)
    return response


@face.post("/sign-out")
def sign_out() -> Response:
    """End this session; the browser forgets its cookie."""
    with transaction() as session:
        signin.end_one(session, caller(), caller().sign_in_id, now())
    response: Response = redirect(url_for("desk.sign_in"), 303)  # type: ignore[assignment]
    drop_cookie(response)
    return response
