"""`python -m tests.soak --rounds N [--seed S]`: rounds of check-ins under fire; 1 at the first broken promise."""

import argparse
import queue
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.soak.invariants import violations
from tests.soak.killer import Killer
from tests.soak.observe import observe
from tests.soak.people import Phone, Promises
from tests.soak.site import Site

ENGINES = ("sqlite", "postgresql")
# Everybody who is posted somewhere, with one phone each; and who decides on what those of county 1 send.
PHONES = ("chen", "colleague", "leader", "neighbour", "other_leader", "outsider", "far_leader")
REVIEWER = "bureau"
CHECKINS = (3, 6)  # a phone and round
REVIEWED = 0.4  # the share of check-ins that are decided on


class Violated(Exception):
    """A promise was broken; the text says which."""


def main(argv: list[str] | None = None) -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None, help="drawn when it is not given")
    given = parser.parse_args(argv)
    if given.rounds < 1:
        parser.error("--rounds must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running when CI loses patience
    seed = random.SystemRandom().randrange(10**6) if given.seed is None else given.seed
    folder = Path(tempfile.mkdtemp(prefix="zhudian-soak-"))
    sites: dict[str, Site] = {}
    whole: dict[str, Promises] = {}
    began = time.monotonic()
    print(f"soak of {given.rounds} rounds, seed {seed}", flush=True)
    try:
        for number in range(1, given.rounds + 1):
            luck = random.Random(f"{seed}:{number}")
            engine = luck.choice(ENGINES)
            if engine not in sites:
                sites[engine], whole[engine] = Site(engine, folder / engine), Promises()
            print(f"round {number} {engine} {play(sites[engine], whole[engine], f'{seed}:{number}')} ok", flush=True)
        for engine, site in sites.items():
            check(site, whole[engine], None)
            print(f"{engine}: {len(whole[engine].acknowledged)} acknowledged check-ins, all there and whole")
    except Exception as error:
        if engine in sites:
            print(f"=== {engine}\n{sites[engine].system.logs()}")
        # Last, because whoever reads a cut-off log reads its end.
        print(f"seed {seed}; what it left: {folder}\nround {number} {engine} FAILED: {error!r}", flush=True)
        return 1
    finally:
        for site in sites.values():
            site.close()
    shutil.rmtree(folder)
    print(f"{given.rounds} rounds in {time.monotonic() - began:.0f} s, no promise broken (seed {seed})")
    return 0


def play(site: Site, whole: Promises, seed: str) -> str:
    """One round: everybody checks in while the killer kills; then all promises so far are looked after."""
    began, promises = time.monotonic(), Promises()
    killer = Killer(site, promises, f"{seed}:killer")
    killer.start()
    try:
        _everybody(site, promises, seed)
    finally:
        killer.stop()
    if promises.wrong:
        raise Violated(promises.wrong[0])
    site.wait_until_whole()
    whole.acknowledged |= promises.acknowledged
    whole.reviewed += promises.reviewed
    check(site, whole, promises)
    counts, took_s = promises.counts, time.monotonic() - began
    rare = f" 503={counts['503']}" if counts["503"] else ""
    rare += " database restarted" if killer.kills["database"] else ""
    return (
        f"kills={killer.kills.total()} cuts={counts['cuts']} lost={counts['lost']} repeats={counts['repeats']}"
        f" submitted={len(promises.acknowledged)} reviewed={len(promises.reviewed)}{rare} {took_s:.1f}s"
    )


def check(site: Site, whole: Promises, of_round: Promises | None) -> None:
    """Raise Violated on the first broken promise. Photos are hashed for this round's check-ins, or for all."""
    broken = violations(observe(site, whole, of_round.acknowledged if of_round else None))
    if broken:
        raise Violated("; ".join(broken[:5]))


def _everybody(site: Site, promises: Promises, seed: str) -> None:
    """All phones at once, and one supervisor who follows them."""
    to_review: queue.Queue[str | None] = queue.Queue()

    def member(name: str) -> None:
        phone = Phone(site, site.cast[name], promises, f"{seed}:{name}")
        for _ in range(phone.luck.randint(*CHECKINS)):
            checkin = phone.check_in()
            if site.cast[name].county_id == 1 and phone.luck.random() < REVIEWED:
                to_review.put(checkin)
            time.sleep(phone.luck.uniform(0, 0.25))  # people do not all press at once, and the killer needs targets

    def supervisor() -> None:
        phone = Phone(site, site.cast[REVIEWER], promises, f"{seed}:{REVIEWER}")
        while (checkin := to_review.get()) is not None:
            phone.review(checkin)

    members = [_thread(promises, member, name) for name in PHONES]
    reviewer = _thread(promises, supervisor)
    for thread in members:
        thread.join()
    to_review.put(None)
    reviewer.join()


def _thread(promises: Promises, work: Callable[..., None], *arguments: str) -> threading.Thread:
    def run() -> None:
        try:
            work(*arguments)
        except Exception as error:  # told to the round, which ends the soak
            promises.wrong.append(repr(error))

    thread = threading.Thread(target=run, name="-".join(arguments) or "supervisor")
    thread.start()
    return thread


if __name__ == "__main__":
    sys.exit(main())
