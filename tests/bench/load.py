"""Phones over plain sockets: prebuilt multipart bodies, one keep-alive connection a phone, latency of each request."""

import http.client
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.cast import SHANGHAI

_BOUNDARY = "zhudian-bench"


@dataclass
class Result:
    """What one round measured: seconds a request, wall seconds in all, and answers that were not 201."""

    latencies_s: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies_s) / self.wall_s

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def body(photo: bytes, ticket: str) -> bytes:
    """A complete submission, as a phone sends it."""
    fields = {
        "id": str(uuid.uuid4()),
        "lat": str(SHANGHAI[0] + 0.0002),
        "lng": str(SHANGHAI[1]),
        "datum": "wgs84",
        "accuracy_m": "20",
        "captured_at": datetime.now(UTC).isoformat(),
        "ticket": ticket,
        "kind": "station",
        "device": json.dumps({"model": "Redmi Note 9S", "platform": "android", "clock_offset_ms": 12}),
        "note": "",
    }
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    named = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n'
    return b"".join(
        [*parts, named.encode(), b"Content-Type: image/jpeg\r\n\r\n", photo, f"\r\n--{_BOUNDARY}--\r\n".encode()]
    )


# For each phone the requests it sends: whose token, and the body.
Queues = list[list[tuple[str, bytes]]]


def run(port: int, queues: Queues) -> Result:
    """Send each phone's requests one after the other, all phones at once."""
    result, lock = Result(), threading.Lock()
    barrier = threading.Barrier(len(queues) + 1)

    def phone(requests: list[tuple[str, bytes]]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        barrier.wait()
        for token, one in requests:
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            }
            before = time.perf_counter()
            connection.request("POST", "/api/v1/checkins", one, headers)
            answer = connection.getresponse()
            said = answer.read()
            took = time.perf_counter() - before
            with lock:
                result.latencies_s.append(took)
                if answer.status != 201:
                    result.failures.append(f"{answer.status} {said[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=phone, args=(queue,)) for queue in queues]
    for thread in threads:
        thread.start()
    barrier.wait()
    before = time.perf_counter()
    for thread in threads:
        thread.join()
    result.wall_s = time.perf_counter() - before
    return result
