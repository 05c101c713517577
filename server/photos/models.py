"""照片: one row a stored photo, and the band rows by which a near copy is found."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, PrimaryKeyConstraint, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base, county_fk


class Photo(Base):
    """Bytes live in the store under `storage_key`; they are never shared between counties or rows."""

    __tablename__ = "photos"
    __table_args__ = (
        county_fk("member_id", "members"),
        CheckConstraint("size_bytes > 0 AND width > 0 AND height > 0", name="not_empty"),
        Index(None, "county_id", "sha256"),
        # A check-in reads all looks of one member: a few pages of this index, and no table (PostgreSQL).
        Index(None, "county_id", "member_id", "received_at", postgresql_include=["id", "looks"]),
    )
    county_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    member_id: Mapped[uuid.UUID]
    storage_key: Mapped[str] = mapped_column(String(120), unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    phash: Mapped[int] = mapped_column(BigInteger)
    looks: Mapped[str] = mapped_column(String(504), default="")  # see looks.py; empty: stored before it was
    mime: Mapped[str] = mapped_column(String(20))
    size_bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    exif: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class PhotoBand(Base):
    """Four rows a photo: equal in one 16-bit band is nominated.

    The band stands before the month, and the hash lies in the index: a check-in reads four short runs of it and no
    table. With the month first it was fourteen times four places (measured at 4 million rows: 560 against 90 µs of
    CPU in PostgreSQL; tests/bench).
    """

    __tablename__ = "photo_bands"
    __table_args__ = (
        PrimaryKeyConstraint("county_id", "band", "month", "photo_id", postgresql_include=["phash"]),
        county_fk("photo_id", "photos"),
        {"sqlite_with_rowid": False},
    )
    county_id: Mapped[int]
    band: Mapped[int]  # band number * 65536 + its 16 bits
    month: Mapped[int]  # of receipt, 202611
    photo_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    phash: Mapped[int] = mapped_column(BigInteger)
