"""The floor: a bare Flask multipart handler under the same server: one draft decode, one fsync, one row."""

import io
import os
import uuid
from pathlib import Path

import psycopg_pool
from flask import Flask, request
from PIL import Image

from server.config import Config


def make_app() -> Flask:
    config = Config.from_env()
    app = Flask(__name__)
    folder = Path(config.photo_root) / "floor"
    folder.mkdir(parents=True, exist_ok=True)
    conninfo = config.database_url.replace("postgresql+psycopg", "postgresql")
    pool = psycopg_pool.ConnectionPool(conninfo, min_size=1, max_size=config.web_threads, open=True)

    @app.post("/api/v1/checkins")
    def take() -> tuple[dict, int]:
        data = request.files["photo"].read()
        image = Image.open(io.BytesIO(data), formats=["JPEG"])
        image.draft("L", (320, 320))
        image.load()
        name = f"{uuid.uuid4()}.jpg"
        with (folder / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with pool.connection() as connection:
            connection.execute("INSERT INTO floor (id, name) VALUES (%s, %s)", (request.form["id"], name))
        return {"id": request.form["id"]}, 201

    return app
