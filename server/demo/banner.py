"""What `make run` prints: where to look, who there is, and one curl that submits a check-in."""

from server.config import Config
from server.demo.seed import Demo
from server.org.models import ROLE_NAMES


def banner(config: Config, demo: Demo, web: str, sandbox: str, token: str) -> str:
    """The text of the banner; `token` is a session of `demo.caller`."""
    caller, station = demo.caller, demo.caller_station
    desks = "\n".join(
        f"  {p['name']}  {ROLE_NAMES[p['role']]}  {sandbox}/_sandbox/scan?openid={p['openid']}"
        for p in demo.accounts()
        if p["role"] != "member" and p["county"] == caller["county"]
    )
    shown = "\n".join(
        f"  {p['name']}  {ROLE_NAMES[p['role']]}  {p['county']}{p['unit']}  openid={p['openid']}"
        for p in demo.accounts()
    )
    return f"""
驻点通 Zhudian is running.

  Console             {web}/console/   one click, by scanning with a phone of the sandbox:
{desks}

  The API, browsable  {web}/docs
  Phones (sandbox)    {sandbox}/        what members' WeChat shows
  Database, photos    {config.database_url}, {config.photo_root}
  Personas, stations  var/demo.json     logs: var/log/

Demo accounts (sign in: POST {sandbox}/_sandbox/codes {{"openid": …}} → code, POST {web}/api/v1/login {{"code": …}}):
{shown}

Check in as {caller["name"]} at {station["name"]} ({station["city"]}); put in a photo of your own:

T={token}
curl -s {web}/api/v1/checkins -H "Authorization: Bearer $T" \\
  -F id=$(python3 -c 'import uuid; print(uuid.uuid4())') -F photo=@var/sample.jpg \\
  -F lat={station["lat"]} -F lng={station["lng"]} -F datum=wgs84 -F accuracy_m=25 \\
  -F captured_at=$(date -u +%Y-%m-%dT%H:%M:%SZ) -F kind=station -F 'device={{"model":"curl","clock_offset_ms":0}}' \\
  -F ticket=$(curl -s -X POST {web}/api/v1/checkins/tickets -H "Authorization: Bearer $T" | grep -oE '[0-9a-f-]{{36}}')

{caller["name"]}'s inbox:

curl -s {web}/api/v1/me/notices -H "Authorization: Bearer $T"

Ctrl-C stops everything.
"""
