"""What is shown of a photo: a JPEG made anew from its pixels, upright, and without any metadata."""

from io import BytesIO

from server.photos.decode import Wanted, decode

_QUALITY = 82
_FULL_PX = 4096


def preview(data: bytes, long_edge_px: int = 640) -> bytes:
    """A JPEG whose longer side is at most `long_edge_px`; a smaller photo keeps its size.

    Takes any format read() takes, HEIC included, within the same bounds of memory and time. EXIF, XMP, colour profile,
    thumbnails and comments are not copied: they are never in the pixels. Raises PhotoUnreadable.
    """
    image = decode(data, Wanted("RGB", long_px=long_edge_px)).image
    out = BytesIO()
    # A fresh image carries no info that Pillow might write; EXIF orientation is applied, so none is needed.
    image.info.clear()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def stripped(data: bytes) -> bytes:
    """The photo for looking at closely: as preview(), up to 4096 px (HEIC: 13 Mpx). The original stays."""
    return preview(data, _FULL_PX)
