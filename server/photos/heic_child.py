"""A child process that decodes one HEIC within hard limits: HEVC decoders are C++ fed by strangers.

Run by path, with no import of ours, the file on standard input:
    python -I heic_child.py MODE SHORT_PX LONG_PX MAX_PIXELS MAX_SHOWN_PIXELS MAX_EXIF_BYTES
with decode.Wanted and the limits as arguments. Answers on standard output with one line of JSON {width, height, size,
exif_bytes}, then the EXIF block, then the raw pixels. Exit status 3: too many pixels; any other but 0: unreadable.
"""

import json
import math
import resource
import sys
from typing import Any

MAX_MEMORY_BYTES = 290 * 1024 * 1024  # private writable memory; a 25 Mpx photo takes 180
MAX_CPU_S = 2
UNREADABLE, TOO_MANY_PIXELS = 1, 3  # 1 is also how Python ends on an exception


def main() -> int:
    """Decode, shrink by a whole factor, write. An exception ends the process with a status: all the parent needs."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import pi_heif  # under the limits, not before them

    mode, short_px, long_px, max_pixels, max_shown, max_exif = sys.argv[1], *map(int, sys.argv[2:7])
    options = pi_heif.options
    options.DECODE_THREADS, options.THUMBNAILS, options.DEPTH_IMAGES, options.AUX_IMAGES = 1, False, False, False
    heif = pi_heif.open_heif(sys.stdin.buffer.read())
    if heif.size[0] * heif.size[1] > max_pixels:
        return TOO_MANY_PIXELS
    data: Any = memoryview(heif.data)  # slicing bytes would copy
    width, height = heif.size  # of what was decoded; before, it is what the container claims
    if not width * height:
        return UNREADABLE
    fits = min(width, height) // short_px if short_px else max(width, height) // long_px
    factor = max(fits, math.ceil(math.sqrt(width * height / max_shown)), 1)
    image = _shrunk(heif, data, factor).convert(mode)
    exif = (heif.info.get("exif") or b"")[:max_exif]
    head = {"width": width, "height": height, "size": image.size, "exif_bytes": len(exif)}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + exif + image.tobytes())
    return 0


def _shrunk(heif: Any, data: Any, factor: int) -> Any:
    """The picture at 1/factor, strip by strip, so that Pillow's copy of the full size never exists."""
    from PIL import Image

    width, height = heif.size
    stride, mode = heif.stride, heif.mode
    out = Image.new(mode, (math.ceil(width / factor), math.ceil(height / factor)))
    rows = factor * 64
    for top in range(0, height, rows):
        size = (width, min(rows, height - top))
        strip = Image.frombuffer(mode, size, data[top * stride : (top + size[1]) * stride], "raw", mode, stride, 1)
        out.paste(strip.reduce(factor), (0, top // factor))
    return out


if __name__ == "__main__":
    sys.exit(main())
