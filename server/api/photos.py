"""Photos by short-lived signed links; whatever is sent is audited; what is served carries no metadata."""

import uuid
from datetime import datetime
from typing import Literal

import structlog
from flask import Response
from flask_openapi import FileStorage, Tag
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage as Upload

from server.api.described import Described
from server.api.services import Reply, now, reading, services, transaction
from server.audit.journal import record
from server.errors import AppError, invalid, not_found
from server.org.scope import Caller
from server.photos import preview
from server.photos.models import Photo

bp = Described("photos", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="照片")])

log = structlog.get_logger()
# ahead: the preview, sent before anybody looks; the look is written down when it is shown (console/review.py).
Variant = Literal["full", "preview", "ahead"]
Became = Literal["viewed", "preloaded"]


class PhotoPath(BaseModel):
    photo_id: uuid.UUID


class PhotoQuery(BaseModel):
    token: str = Field(min_length=1, max_length=500, description="from a check-in's `photo.url`")


@bp.get("/photos/<uuid:photo_id>", responses={200: {"content": {"image/jpeg": {"schema": {"type": "string"}}}}})
def read_photo(path: PhotoPath, query: PhotoQuery) -> Reply:
    """The photo as JPEG, upright, without metadata. 403 when the link is expired or not for this photo, 410
    when the photo is.
    """
    try:
        county_id, viewer, photo, variant = _signer().loads(query.token, max_age=services().config.photo_link_s)
    except BadSignature:
        raise AppError(403, "link_expired", "照片链接已失效，请刷新页面。") from None
    if photo != str(path.photo_id):
        raise AppError(403, "link_expired", "照片链接已失效，请刷新页面。")
    with reading() as session:
        stored = session.scalar(select(Photo).where(Photo.county_id == county_id, Photo.id == path.photo_id))
    if stored is None:
        raise not_found("没有这张照片。")
    if not stored.sha256:
        raise AppError(410, "photo_erased", "照片已过保存期限或应本人要求删除。")
    try:
        data = preview.stripped(services().store.open(stored.storage_key)) if variant == "full" else _preview(stored)
    except FileNotFoundError:
        log.warning("photo_missing", photo=photo)
        raise AppError(404, "photo_missing", "照片文件暂时找不到，请联系管理员。") from None
    with transaction() as session:
        became: Became = "preloaded" if variant == "ahead" else "viewed"
        record_photo(session, county_id, uuid.UUID(viewer), stored.member_id, stored.id, became, now())
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": "private, no-store"})


def uploaded(photo: FileStorage) -> bytes:
    """The bytes of the part `photo` of a form. Raises 422 where something else than a file was sent."""
    if not isinstance(photo, Upload):
        raise invalid("input_invalid", "填写有误：照片须是文件。", fields=[{"field": "photo", "message": "须是文件"}])
    return photo.read()


def link_to(photo_id: uuid.UUID, viewer: Caller, variant: Variant) -> str:
    """A link that shows this photo to whoever holds it, for a few minutes, in the viewer's name."""
    token = _signer().dumps([viewer.county_id, str(viewer.member_id), str(photo_id), variant])
    return f"/api/v1/photos/{photo_id}?token={token}"


def record_photo(
    session: Session,
    county_id: int,
    viewer: uuid.UUID,
    whose: uuid.UUID,
    photo_id: uuid.UUID,
    became: Became,
    at: datetime,
) -> None:
    """Audit that this photo of a member's was seen, or sent ahead of that."""
    record(session, county_id, viewer, f"photo.{became}", whose, {"photo": str(photo_id)}, at)


def _preview(stored: Photo) -> bytes:
    """640 px, made at the first look and kept beside the original."""
    store = services().store
    try:
        return store.open(store.preview_key(stored.storage_key))
    except FileNotFoundError:
        small = preview.preview(store.open(stored.storage_key))
        store.put_preview(stored.storage_key, small)
        return small


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().config.secret_key, salt="photo-link")
