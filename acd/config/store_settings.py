"""Database, live store, and which line the desk follows: a part of `acd.config.settings`."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from acd.engine.model.recording_facts import WhichRecorded
from acd.lib.networks import has_a_port

FILE = re.compile(r"sqlite\+aiosqlite:///(?!:memory:)[^?]+(\?.*)?")
SERVER = re.compile(
    r"postgresql\+asyncpg://([^@]*@)?(\[[^\]/?]+\]|[^/:?@\[\]]*)(:(?P<port>[0-9]{1,5}))?(/[^?]*)?(\?.*)?"
)
REDIS = re.compile(r"redis://([^\s/@]*@)?(\[[0-9A-Fa-f:]+\]|[^\s/@:\[\]]+)(:[0-9]{1,5})?(/[0-9]{0,4})?")
POSTGRES = "postgresql+asyncpg://"


class StoreFields(BaseSettings):
    """Settings of what desks have in common, and of recordings."""

    recording: WhichRecorded = Field(
        "none",
        description="which calls are recorded. Callers hear it before, whole; the talk of one who did not is not "
        "recorded",
    )
    recordings_dir: Path | None = Field(
        None, description="folder of the recordings, encrypted; none: data_dir/recordings. Asterisk writes into it"
    )
    database_url: str = Field(
        "", description="empty: SQLite in data_dir; else sqlite+aiosqlite:// or postgresql+asyncpg://"
    )
    redis_url: str = Field(
        "", description="redis://host:port/db for a shared live view; empty: it is in this process only"
    )
    follow: Literal["socket", "redis"] = Field(
        "socket",
        description="the line that the desk follows: this machine's, or another machine's through redis_url and the "
        "same PostgreSQL. A desk that follows another machine's line shows it and serves requests, and changes nothing "
        "on it",
    )

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, value: str) -> str:
        server = SERVER.fullmatch(value)
        is_server = server is not None and 1 <= int(server["port"] or 1) <= 65535
        if value and not is_server and not FILE.fullmatch(value):
            raise ValueError(
                "sqlite+aiosqlite:///FILE or postgresql+asyncpg://USER:PASSWORD@HOST/NAME (@ in a password as %40) "
                "is allowed"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _a_redis(cls, value: str) -> str:
        if value and not (REDIS.fullmatch(value) and has_a_port(value)):
            raise ValueError("redis://[:PASSWORD@]HOST[:PORT][/DATABASE] is allowed")
        return value

    @model_validator(mode="after")
    def _a_line_elsewhere_can_be_followed(self) -> "StoreFields":
        if self.follow == "redis":
            if not self.redis_url:
                raise ValueError("redis_url is not set: follow = redis needs the Redis that the line's own desk fills")
            if not self.database_url.startswith(POSTGRES):
                raise ValueError(
                    "database_url is not PostgreSQL: follow = redis needs the database of the line's own desk, "
                    f"{POSTGRES}USER:PASSWORD@HOST/NAME"
                )
        return self

    @property
    def line_elsewhere(self) -> str:
        """Why no line can be started with these settings; empty if one can."""
        if self.follow == "socket":
            return ""
        return "follow = 'redis': the line is on another machine; run `cozum desk` here, or set follow = 'socket'"
