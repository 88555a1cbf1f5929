"""The tables of people. No password and no token is in them, only hashes."""

from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import JSON, Index, Text
from sqlmodel import Field, SQLModel

from storage.columns import moment, text


class PersonRow(SQLModel, table=True):
    """Somebody who signs in; see `agents.people.Person`."""

    __tablename__: ClassVar[str] = "people"
    __table_args__ = (Index("ix_people_extension", "extension"),)

    user: str = text(primary_key=True)
    name: str = text("")
    role: str = text()
    unit: str = text("")
    extension: str = text("")
    password_hash: str = text("")
    enabled: bool = True
    demo: bool = False
    made_at: int = moment(required=True)
    password_at: int | None = moment()
    """When the password was last set."""
    password_due: bool = Field(default=False, sa_column_kwargs={"server_default": sa.text("false")})


class SessionRow(SQLModel, table=True):
    """A browser in which somebody has signed in. `digest` is the SHA-256 of its cookie."""

    __tablename__: ClassVar[str] = "sessions"
    __table_args__ = (Index("ix_sessions_user", "user", "made_at"), Index("ix_sessions_origin", "origin"))

    digest: str = text(primary_key=True)
    user: str = text()
    made_at: int = moment(required=True)
    used_at: int = moment(required=True)
    """Exact to some minutes."""
    ends_at: int = moment(required=True)
    origin: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": sa.text("''")})
    """The digest with which it began. It stays when a change of the password gives the session another cookie."""
    way: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": sa.text("''")})
    """`openid`: by an account at a provider; empty: by a password."""


class IdentityRow(SQLModel, table=True):
    """Somebody's account at an OpenID Connect provider. A person has one at each provider at most."""

    __tablename__: ClassVar[str] = "identities"
    __table_args__ = (Index("ix_identities_user", "user", "issuer", unique=True),)

    issuer: str = text(primary_key=True)
    subject: str = text(primary_key=True)
    """The provider's own id of the person, which never changes (`sub`)."""
    user: str = text()
    bound_at: int = moment(required=True)


class TokenRow(SQLModel, table=True):
    """A program's access; see `agents.people.Token`. `digest` is the SHA-256 of the token."""

    __tablename__: ClassVar[str] = "tokens"
    __table_args__ = (Index("ix_tokens_digest", "digest", unique=True),)

    name: str = text(primary_key=True)
    digest: str = text()
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    role: str = text()
    unit: str = text("")
    made_at: int = moment(required=True)
    ends_at: int | None = moment()
    used_at: int | None = moment()
    """Exact to the hour."""


class AuditRow(SQLModel, table=True):
    """Somebody saw or did something. The database refuses to change or delete a row. No personal data beyond ids."""

    __tablename__: ClassVar[str] = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at"),
        Index("ix_audit_who", "who", "at"),
        Index("ix_audit_who_action", "who", "action", "at"),
        Index("ix_audit_about", "about", "at"),
        Index("ix_audit_action", "action", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: int = moment(required=True)
    who: str = text()
    """A user, `token:` and a token's name, or the one of this machine (`token`, `cozum`)."""
    role: str = text()
    action: str = text()
    about: str = text("")
    """The id of what was seen or changed: a request's number, a call, an extension, a user."""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
