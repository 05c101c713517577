"""What phones see while web processes die, stop and come back."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import psutil
import requests
from sqlalchemy import create_engine, text

from server.demo.photos import draw_selfie
from tests.deploy.county import County, problem
from tests.deploy.waiting import until

ME = "/api/v1/me"


def web_processes(county: County) -> list[psutil.Process]:
    """The processes that answer: the living children of the one that was started."""
    children = psutil.Process(county.processes["web"].pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE]


def test_a_killed_web_process_is_made_anew(fragile: County):
    fragile.start("web")
    before = {process.pid for process in web_processes(fragile)}
    assert len(before) == 2
    for process in web_processes(fragile):
        process.kill()

    def answers() -> bool:
        return fragile.call("GET", ME).status_code == 200

    until(lambda: len({p.pid for p in web_processes(fragile)} - before) == 2, "both processes are made anew")
    until(answers, "the site answers again")
    assert [fragile.call("GET", ME).status_code for _ in range(20)] == [200] * 20
    assert fragile.check_in().status_code == 201


def test_while_web_is_down_nginx_says_so_and_no_link_is_logged(fragile: County):
    response = fragile.call("GET", ME)
    assert (response.status_code, problem(response)["code"]) == (502, "server_unreachable")
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Cache-Control"] == "no-store"
    link = "/api/v1/photos/0b9a4a0e-8a47-4dd6-9d2c-1a2b3c4d5e6f?token=a-key-to-a-photo"
    assert problem(fragile.call("GET", link, None))["code"] == "server_unreachable"
    kept = fragile.site.log("access") + fragile.site.log("error")
    assert "a-key-to-a-photo" not in kept
    assert "connect() failed" in kept  # of /me: an operator must still see why


def test_a_request_in_flight_is_finished_before_web_stops(fragile: County):
    fragile.start("web")
    body, kind = fragile.form(draw_selfie(81, target_bytes=250_000))
    engine = create_engine(fragile.database_url)
    with ThreadPoolExecutor(1) as pool, engine.connect() as holder:
        holder.execute(text("LOCK TABLE checkins IN ACCESS EXCLUSIVE MODE"))
        answer = pool.submit(fragile.call, "POST", "/api/v1/checkins", data=body, headers={"Content-Type": kind})
        until(lambda: fragile.rows("SELECT 1 FROM pg_locks WHERE NOT granted"), "the check-in is in its transaction")
        os.kill(fragile.processes["web"].pid, signal.SIGTERM)
        until(lambda: fragile.call("GET", ME).status_code == 502, "web takes no new request")
        assert not answer.done()
        holder.rollback()
        assert answer.result().status_code == 201, answer.result().text
    engine.dispose()
    assert fragile.processes.pop("web").wait(20) == 0
    assert fragile.rows("SELECT count(*) FROM checkins") == [(1,)]


def test_a_slow_upload_outlives_a_restart(fragile: County):
    """nginx holds the half of it that has come, and hands the whole to the web server that is there by then."""
    fragile.start("web")
    body, kind = fragile.form(draw_selfie(82, target_bytes=250_000))
    phone = fragile.raw()
    phone.putrequest("POST", "/api/v1/checkins")
    phone.putheader("Authorization", f"Bearer {fragile.cast['chen'].token}")
    phone.putheader("Content-Type", kind)
    phone.putheader("Content-Length", str(len(body)))
    phone.endheaders(body[:100_000])
    assert fragile.stop("web") == 0
    fragile.start("web")
    phone.send(body[100_000:])
    assert phone.getresponse().status == 201
    phone.close()


def test_the_worker_stops_cleanly_and_leaves_the_audit_chain_intact(fragile: County):
    fragile.start("web")
    assert fragile.check_in().status_code == 201
    fragile.start("worker")
    until(lambda: fragile.rows("SELECT 1 FROM audit_events WHERE seq > 0"), "the worker links the chain")
    assert fragile.stop("worker") == 0
    verified = fragile.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert " 0 tampered" in verified.stdout


def test_a_database_that_is_away_is_not_ready_but_alive(fragile: County):
    """What the container's health check sees, and what a load balancer sees."""
    fragile.start("web", DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    ready = requests.get(f"http://127.0.0.1:{fragile.site.web_port}/readyz", timeout=40)
    assert (ready.status_code, problem(ready)["code"]) == (503, "database_unavailable")
    assert fragile.call("GET", "/healthz").status_code == 200
