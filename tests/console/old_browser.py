"""The oldest browser that the console is kept for, and what Playwright has to be told to drive it."""

import fcntl
import subprocess
from pathlib import Path

from playwright.sync_api import Page

MAJOR = "83"
_PACKAGE = Path(__file__).parent / "node_modules" / "chrome-aws-lambda" / "bin"
# The last thing that this one lacks of what Playwright asks the page for.
_CHECK_VISIBILITY = "Element.prototype.checkVisibility = function () { return this.getClientRects().length > 0 }"
_UNPACK = """
const [, from, to] = process.argv;
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)), {mode: 0o755});
"""


def unpacked() -> Path:
    """The browser of the package, unpacked once for all processes of a test run."""
    browser = _PACKAGE / f"chromium-{MAJOR}"
    with (_PACKAGE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not browser.exists():
            made = browser.with_suffix(".part")
            subprocess.run(["node", "-e", _UNPACK, str(_PACKAGE / "chromium.br"), str(made)], check=True, timeout=60)
            made.rename(browser)
    return browser


def teach(page: Page) -> None:
    """Give this tab what Playwright's own script takes for granted; in its own world, so that the page has it not."""
    told = page.context.new_cdp_session(page)
    told.send("Page.enable")
    world = f"__playwright_utility_world_{page._impl_obj._guid}"
    told.send("Page.addScriptToEvaluateOnNewDocument", {"source": _CHECK_VISIBILITY, "worldName": world})
