"""Settings: `COZUM_*` environment variables over one `cozum.toml` over the defaults below.

A bad setting stops the start with a message that names its source, key, value and what is allowed. Durations are
seconds.
"""

import ipaddress
import re
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from acd.config.callback_settings import CallbackFields
from acd.config.data_files import DataFiles
from acd.config.openid_settings import OpenIdFields
from acd.config.outcome_settings import OutcomeFields
from acd.config.peer_settings import PeerFields
from acd.config.rule_settings import RuleFields
from acd.config.store_settings import StoreFields
from acd.engine.model.config import Announcements
from acd.engine.model.config_checks import announcement_faults, key_faults
from acd.engine.model.target import TARGET_S
from acd.lib.networks import has_a_port

PREFIX = "COZUM_"
Announced = Literal["", "position", "wait", "position+wait"]
SECRETS = ("ami_secret", "agi_secret", "database_url", "redis_url")
"""Settings that are passwords or contain one."""
PORTS = ("sip_port", "ws_port", "ami_port", "fastagi_port", "standby_port", "http_port")


class Source(NamedTuple):
    """Where settings were read from, besides the environment; no file: `cozum.toml`, if there is one."""

    file: Path | None


class SettingsError(Exception):
    """The settings cannot be used. Its text is written for the operator."""


class Settings(DataFiles, OpenIdFields, PeerFields, StoreFields, OutcomeFields, CallbackFields, RuleFields):
    """All settings. Each field is `COZUM_<NAME>` in the environment and `<name>` in cozum.toml."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    node: str = Field("ast1", pattern=r"^[a-z][a-z0-9]{0,15}$", description="system name of the Asterisk node")
    data_dir: Path = Field(Path(".cache/run"), description="where pid, token, journal and database are kept")
    run_as: str = Field(
        "",
        pattern=r"^([a-z_][a-z0-9_-]{0,31})?$",
        description="if root starts it, all processes become this user; empty: they stay the user who started them",
    )
    bind_host: str = Field("127.0.0.1", description="address that SIP and RTP listen on")
    http_host: str = Field("127.0.0.1", description="address that pages, API and metrics listen on")
    sip_port: int = Field(5060, ge=1, le=65535, description="SIP (UDP): the trunk and the agents' phones")
    ws_port: int = Field(
        8088, ge=1, le=65535, description="Asterisk's WebSocket, on loopback; browser phones reach it through the desk"
    )
    ami_host: str = Field("127.0.0.1", description="where Asterisk's manager interface is (private: 127.0.0.1)")
    ami_port: int = Field(5038, ge=1, le=65535, description="Asterisk's manager interface (AMI)")
    ami_user: str = Field("cozum", pattern=r"^[A-Za-z0-9_-]{1,32}$", description="the line's user at AMI")
    ami_secret: str = Field("", description="empty: a random one is made and kept in data_dir")
    fastagi_port: int = Field(4573, ge=1, le=65535, description="where Asterisk asks the line; on 127.0.0.1 always")
    agi_secret: str = Field(
        "",
        pattern=r"^([A-Za-z0-9_-]{16,128})?$",
        description="first argument of the dialplan's requests to engine and standby; empty: made at random and kept "
        "in data_dir",
    )
    standby_port: int = Field(
        4574, ge=1, le=65535, description="FastAGI of the standby, which Asterisk asks when no engine answers"
    )
    http_port: int = Field(8080, ge=1, le=65535, description="pages, API, health and metrics")
    https_cert: Path | None = Field(
        None,
        description="certificate chain (PEM) for pages and API; browsers allow a microphone only with HTTPS",
    )
    https_key: Path | None = Field(None, description="its private key (PEM)")
    rtp_start: int = Field(10000, ge=1024, le=65534, description="first of the ports for voices (UDP)")
    rtp_end: int = Field(10999, ge=1025, le=65535, description="last of the ports for voices")
    max_calls: int = Field(
        0,
        ge=0,
        le=100_000,
        description="most calls from the trunk at once; 0, or more than the RTP ports allow: as many as they allow",
    )
    emergency_places: int = Field(
        0,
        ge=0,
        le=100_000,
        description="places of max_calls that are kept for callers who press that it is urgent; 0: a tenth, 3 or more",
    )
    max_calls_per_number: int = Field(
        5,
        ge=1,
        le=100_000,
        description="most calls at once from one number; switchboards in numbers.toml have no such limit",
    )
    max_calls_withheld: int = Field(
        0, ge=0, le=100_000, description="most calls at once without a number, all together; 0: a quarter of max_calls"
    )
    max_calls_per_second: int = Field(50, ge=1, le=10_000, description="new calls in one second")
    channel_log: Path | None = Field(
        None,
        description="Asterisk's log of channels (cel_custom.conf); none: the private Asterisk's. An Asterisk of your "
        "own has it in /var/log/asterisk/cel-custom/Master.csv",
    )
    rtp_timeout_s: int = Field(
        60, ge=0, le=3600, description="a call without any sound for this long is ended; 0: never"
    )
    qualify_s: float = Field(
        4.0, ge=1, le=300, description="how often Asterisk asks an agent's phone whether it is there"
    )
    agents_file: Path | None = Field(None, description="agents.toml; none: data_dir/agents.toml")
    services_file: Path | None = Field(
        None, description="services.toml; none: data_dir/services.toml if there is one, else the shipped one"
    )
    numbers_file: Path | None = Field(
        None,
        description="numbers.toml: switchboards, blocked and preferred callers; none: data_dir/numbers.toml, if there "
        "is one",
    )
    flow_file: Path | None = Field(
        None,
        description="the flow that callers hear; none: data_dir/hotline.toml if there is one, else the shipped one",
    )
    prompts_dir: Path | None = Field(
        None, description="folder with tr/ and en/; none: data_dir/prompts if there is one, else the shipped one"
    )
    monitoring: bool = Field(
        False,
        description="shift leads may listen to talks, whisper to their agents and join them; callers are told, and "
        "only who heard it whole is monitored",
    )
    demo: bool = Field(True, description="make ten demo agents if there is no agents.toml; on loopback only")
    wrapup_s: float = Field(10.0, ge=0, le=3600, description="after-call work")
    ring_s: float = Field(15.0, ge=1, le=300, description="how long an agent's phone rings")
    private_ring_s: float = Field(
        30.0,
        ge=1,
        le=300,
        description="how long a phone rings for a colleague's call or for a caller who is handed over",
    )
    max_misses: int = Field(2, ge=1, le=100, description="so many unanswered offers in a row set an agent aside")
    strategy: Literal["longest_idle", "least_calls", "linear", "quickest"] = Field(
        "longest_idle",
        description="which of several idle agents is rung: the one idle longest, who has had the fewest calls, who "
        "comes first in agents.toml, or who picks up soonest",
    )
    wrapup_recall: bool = Field(True, description="an urgent caller may get an agent who is in after-call work")
    ring_recall: bool = Field(
        True, description="an urgent caller may get an agent whose phone rings for a routine caller"
    )
    early_ring: bool = Field(
        True, description="ring an agent's phone while an urgent caller still presses the kind; not while AMI is away"
    )
    headroom: int = Field(0, ge=0, le=1000, description="at most so many idle agents are kept from routine callers")
    headroom_from: int = Field(
        5, ge=1, le=10_000, description="with fewer agents on duty, routine callers may get all of them"
    )
    empty_grace_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="leave_empty applies after this long with nobody on duty (paused agents are not on duty)",
    )
    owner_first_s: float = Field(
        3.0, ge=0, le=3600, description="how long only the agent who knows a caller may get the call; 0: not at all"
    )
    spoke_days: int = Field(
        0,
        ge=0,
        le=365,
        description="an agent knows a caller with whom they spoke within so many days; 0: only the one who opened the "
        "caller's open request",
    )
    own_requests: bool = Field(
        True,
        description="tell a caller, after the urgent key, of the one open request that was made with their number",
    )
    backup_after_s: float = Field(
        30.0, ge=0, le=3600, description="after this wait of an urgent caller the backup tier rings"
    )
    escalation_key: str = Field(
        "9", pattern=r"^[0-9*#]?$", description="the key by which waiting callers say that it is urgent"
    )
    redial_s: float = Field(
        300.0, ge=0, le=86_400, description="how long an urgent caller who hung up keeps their place"
    )
    urgent_calls_per_hour: int = Field(
        2,
        ge=0,
        le=1000,
        description="a number's urgent calls beyond so many an hour come after first-time callers; 0: no limit",
    )
    urgent_calls_withheld: int = Field(
        20, ge=0, le=100_000, description="the same limit for all urgent calls without a number together"
    )
    first_time_agents: int = Field(
        2,
        ge=0,
        le=1000,
        description="idle agents kept for first-time urgent callers while many repeat callers are on the line",
    )
    announce_urgent: Announced = Field("position", description="what waiting urgent callers hear; empty: nothing")
    announce_routine: Announced = Field("position+wait", description="the same for routine callers")
    announce_after_s: float = Field(
        20.0, ge=0, le=3600, description="from entering the queue to the first announcement"
    )
    announce_every_s: float = Field(
        45.0, ge=0, le=3600, description="from one announcement to the next, 10 or more; 0: only one"
    )
    regroup_s: float = Field(2.0, ge=0, le=30, description="after a restart, wait this long for callers to come back")
    standby_after_s: float = Field(
        10.0, ge=1, le=600, description="after this long without an engine the standby takes over"
    )
    heartbeat_s: float = Field(
        5.0,
        ge=0,
        le=600,
        description="a process that misses its heartbeat for this long is killed and restarted; 1 or more, 0: never",
    )
    plan_dir: Path | None = Field(
        None,
        description="folder with plans that cozum plan --json wrote, for the day's curve on /lead: 2026-10-29.json, "
        "saturday.json, plan.json; the first of these that exists is the day's; none: no plan is shown",
    )
    town_dir: Path | None = Field(
        None, description="folder with the town's files; none: data_dir/town if there is one, else the shipped ones"
    )
    reopen_days: int = Field(30, ge=0, le=3650, description="a closed request can be reopened for so many days")
    no_answer_days: int = Field(
        10, ge=1, le=365, description="a request closes so many days after its citizen was told, if they do not answer"
    )
    text_gateway: Literal["file", "http", "smtp"] = Field(
        "file",
        description="how text messages are sent; if not, only a request's number is, as a file in data_dir/outgoing",
    )
    text_url: str = Field("", description="the address to which text messages are sent by HTTP")
    text_token_file: Path | None = Field(None, description="file with the bearer token of text_url; none: no token")
    texts_per_hour: int = Field(
        300,
        ge=0,
        le=100_000,
        description="most text messages in an hour that no person wrote; those above it leave later; 0: no limit",
    )
    text_domain: str = Field("", description="text messages that are sent by e-mail go to NUMBER@text_domain")
    smtp_server: str = Field(
        "", description="host:port of the mail server; empty: mails are not sent, each is a file in data_dir/outgoing"
    )
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the connection to smtp_server is encrypted"
    )
    smtp_user: str = Field("", description="the user at smtp_server; empty: none is needed")
    smtp_password_file: Path | None = Field(None, description="file with the password of smtp_user")
    mail_from: str = Field("cozum@localhost", description="the sender of mails")
    target_wait_s: float = Field(
        TARGET_S,
        ge=1,
        le=600,
        description="how soon a caller should speak to a person: a routine one after entering the queue, an urgent one "
        "after the line's answer",
    )
    service_level_s: float = Field(20.0, ge=1, le=600, description="threshold of the service level")
    session_s: float = Field(
        43_200.0, ge=300, le=604_800, description="longest time for which somebody stays signed in to the desk"
    )
    session_idle_s: float = Field(
        3600.0,
        ge=60,
        le=604_800,
        description="somebody is signed out after this long without an open page or a request",
    )
    timezone: str = Field("Europe/Istanbul", description="the line's day begins at this zone's midnight")
    journal_days: int = Field(
        30,
        ge=2,
        le=3650,
        description="the journal drops entries older than this, or than retention.toml says if that is less, once the "
        "database has them",
    )
    journal_durability: Literal["process", "power"] = Field(
        "process", description="an acknowledged event survives a killed process, or also a power cut (slower)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="lowest level that is logged")
    _source: Source | None = PrivateAttr(None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose values arrive as arguments."""
        return env_settings, init_settings

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in (int, float):
            raise ValueError("a number is allowed")  # true would pass for 1
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _a_path(cls, value: object, info: ValidationInfo) -> object:
        is_path = cls.model_fields[str(info.field_name)].annotation in (Path, Path | None)
        if is_path and isinstance(value, str) and (value[:1] in ("", "~") or "\0" in value):  # "": the present folder
            raise ValueError("a path is allowed, without ~, which only a shell knows; for the default leave it out")
        return value

    @field_validator("announce_every_s")
    @classmethod
    def _not_too_often(cls, value: float) -> float:
        for fault in announcement_faults(Announcements(priority="routine", every_s=value)):
            raise ValueError(fault.allowed)
        return value

    @field_validator("bind_host", "http_host", "ami_host")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value != "localhost":
            try:
                ipaddress.ip_address(value)
            except ValueError:
                raise ValueError("an IP address or localhost is allowed") from None
        return value

    @field_validator("smtp_server")
    @classmethod
    def _a_server(cls, value: str) -> str:
        if value and not (re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]+", value) and has_a_port(f"//{value}")):
            raise ValueError("host:port is allowed, such as mail.example.org:587; the port is from 1 to 65535")
        return value

    @field_validator("text_url")
    @classmethod
    def _an_address_to_post_to(cls, value: str) -> str:
        if value and not (re.fullmatch(r"https?://[^/\s@]+(/\S*)?", value) and has_a_port(value)):
            raise ValueError("https://HOST/PATH or https://HOST:PORT/PATH (a port from 1 to 65535) is allowed")
        return value

    @field_validator("mail_from")
    @classmethod
    def _a_sender(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
            raise ValueError("an address is allowed, such as cozum@example.org")
        return value

    @model_validator(mode="after")
    def _text_messages_have_a_way(self) -> "Settings":
        needs = {"file": (), "http": ("text_url",), "smtp": ("text_domain", "smtp_server")}[self.text_gateway]
        for key in needs:
            if not getattr(self, key):
                raise ValueError(f"{key} is not set: text_gateway = {self.text_gateway} needs it")
        return self

    @field_validator("timezone")
    @classmethod
    def _a_zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("a zone of the tz database is allowed, such as Europe/Istanbul") from None
        return value

    @model_validator(mode="after")
    def _callbacks_make_sense(self) -> "Settings":
        if self.callback_abandoned_urgent and not self.callback_trunk:
            raise ValueError(
                "callback_abandoned_urgent = true: nobody can be called back without a trunk; set callback_trunk"
            )
        for fault in key_faults(self.callback_key, self.escalation_key):
            raise ValueError(str(fault))
        return self

    @model_validator(mode="after")
    def _longer_than_a_beat(self) -> "Settings":
        if 0 < self.heartbeat_s < 1:
            raise ValueError(
                f"heartbeat_s = {self.heartbeat_s}: 1 to 600 is allowed, or 0 for never; "
                "signs of life come four times a second"
            )
        return self

    @model_validator(mode="after")
    def _a_certificate_has_a_key(self) -> "Settings":
        if (self.https_cert is None) != (self.https_key is None):
            lacking = "https_key" if self.https_key is None else "https_cert"
            raise ValueError(f"{lacking} is not set: https_cert and https_key are set together, or neither is")
        return self

    @model_validator(mode="after")
    def _ports_differ(self) -> "Settings":
        seen: dict[int, str] = {}
        for key in PORTS:
            port = getattr(self, key)
            if port in seen:
                raise ValueError(f"{key} = {port} is {seen[port]}'s already; choose another")
            seen[port] = key
        if self.rtp_end - self.rtp_start < 3:
            raise ValueError(f"rtp_end = {self.rtp_end}: must be rtp_start + 3 or more, rtp_start is {self.rtp_start}")
        return self

    def rings_duty_s(self) -> float:
        """How long a person on duty is rung; 0: nobody is, since there is no trunk or it is not wanted."""
        return self.duty_ring_s if self.callback_trunk else 0.0

    @property
    def source(self) -> Source | None:
        """From where the settings can be read again; None if a program made them."""
        return self._source

    def read_from(self, source: Source) -> "Settings":
        """Remember the source for a reload; returns these settings."""
        self._source = source
        return self

    # --- where things are

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach us."""
        return not self.open_hosts

    @property
    def scheme(self) -> str:
        """The scheme of pages and API: https if there is a certificate, else http."""
        return "https" if self.https_cert is not None else "http"

    @property
    def open_hosts(self) -> tuple[str, ...]:
        """Names of the settings that let other machines reach us."""
        hosts = {"bind_host": self.bind_host, "http_host": self.http_host}
        return tuple(
            name for name, host in hosts.items() if host != "localhost" and not ipaddress.ip_address(host).is_loopback
        )

    @property
    def demo_caller(self) -> bool:
        """Whether a page may call the line as a citizen would: in the demo, on this machine."""
        return self.demo and self.is_loopback
