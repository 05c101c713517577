"""Why a photo cannot be taken: one exception, one sentence a reason that tells the member what to do."""

from typing import Any

from server.errors import AppError

_REASONS = {
    "photo_unreadable": (422, "这张照片打不开，请重新拍一张。"),
    "photo_truncated": (422, "照片没有传完整，请重新上传或重新拍一张。"),
    "photo_format_unsupported": (422, "只支持 JPEG、PNG、HEIC、WebP 照片，请用相机重新拍一张。"),
    "photo_too_many_pixels": (422, "照片像素太高，请把相机调到普通分辨率后重新拍一张。"),
    "photo_too_large": (413, "照片超过 10 MB，请压缩后再上传，或重新拍一张。"),
}


class PhotoUnreadable(AppError):
    """The bytes are no photo we can look at. `code` is one of _REASONS; the cause, if any, is chained."""

    def __init__(self, code: str = "photo_unreadable", **facts: Any) -> None:
        status, detail = _REASONS[code]
        super().__init__(status, code, detail, facts)
