"""Where the files of a running system are: in `data_dir`, unless a setting says otherwise."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

OWN_PROMPTS: Final = "prompts"
"""The folder in data_dir with recordings of one's own."""


class DataFiles:
    """The part of the settings that names files."""

    if TYPE_CHECKING:  # fields of the settings
        data_dir: Path
        channel_log: Path | None
        agents_file: Path | None
        services_file: Path | None
        numbers_file: Path | None
        flow_file: Path | None
        prompts_dir: Path | None
        town_dir: Path | None
        database_url: str
        recordings_dir: Path | None

    @property
    def pid_file(self) -> Path:
        return self.data_dir / "cozum.pid"

    @property
    def desk_pid_file(self) -> Path:
        """The desk's process id."""
        return self.data_dir / "desk.pid"

    @property
    def desk_lock_file(self) -> Path:
        """Held by the line's own desk."""
        return self.data_dir / "desk.lock"

    @property
    def line_socket(self) -> Path:
        """Where the line listens for desks."""
        return self.data_dir / "line.sock"

    @property
    def relay_pid_file(self) -> Path:
        """The relay's process id."""
        return self.data_dir / "relay.pid"

    @property
    def relay_lock_file(self) -> Path:
        """Held by the relay."""
        return self.data_dir / "relay.lock"

    @property
    def relay_socket(self) -> Path:
        """Where the relay listens for the desk."""
        return self.data_dir / "relay.sock"

    @property
    def token_file(self) -> Path:
        return self.data_dir / "token"

    @property
    def wall_token_file(self) -> Path:
        """The wallboard's token: the live view with masked callers and nothing else."""
        return self.data_dir / "wall_token"

    @property
    def browsers_secret_file(self) -> Path:
        """The secret by which the desk recognises a browser in which somebody has signed in."""
        return self.data_dir / "browsers_secret"

    @property
    def ami_secret_file(self) -> Path:
        return self.data_dir / "ami_secret"

    @property
    def agi_secret_file(self) -> Path:
        return self.data_dir / "agi_secret"

    @property
    def journal_file(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def browser_phones_file(self) -> Path:
        """Digests of the browser phones' secrets: written by the desk, read by Asterisk."""
        return self.data_dir / "browser_phones.db"

    @property
    def channel_log_path(self) -> Path:
        """Where Asterisk logs its channels."""
        return self.channel_log or self.data_dir / "asterisk" / "log" / "cel-custom" / "Master.csv"

    @property
    def outgoing_dir(self) -> Path:
        """Mails and text messages, if no server is set."""
        return self.data_dir / "outgoing"

    @property
    def files_dir(self) -> Path:
        """Photos, messages and other files of requests."""
        return self.data_dir / "files"

    @property
    def webhook_secret_file(self) -> Path:
        """The secret that signs webhooks."""
        return self.data_dir / "webhook_secret"

    @property
    def remarks_dir(self) -> Path:
        """Where Asterisk records citizens' remarks, until the desk has them."""
        return self.data_dir / "remarks"

    @property
    def messages_dir(self) -> Path:
        """Where Asterisk records callers' messages, until the desk has them."""
        return self.data_dir / "messages"

    @property
    def recordings_path(self) -> Path:
        """The folder of the recordings of talks."""
        return self.recordings_dir or self.data_dir / "recordings"

    @property
    def open_recordings_dir(self) -> Path:
        """Where Asterisk records talks, until the desk has encrypted them."""
        return self.recordings_path.absolute() / "open"

    @property
    def recordings_key_file(self) -> Path:
        """The key with which recordings are encrypted. Not in their folder: a copy of that alone tells nothing."""
        return self.data_dir / "recordings_key"

    @property
    def outcome_words_dir(self) -> Path:
        """Spoken words of outcomes (`storage.spoken_words`)."""
        return self.data_dir / "outcome-words"

    @property
    def spool_dir(self) -> Path:
        """The folder of the standby's records."""
        return self.data_dir / "spool"

    @property
    def agents_path(self) -> Path:
        return self.agents_file or self.data_dir / "agents.toml"

    @property
    def services_path(self) -> Path | None:
        """The services file: that of the setting, or else `services.toml` in data_dir if there is one. None: the
        shipped one."""
        return self.services_file or self._own("services.toml")

    @property
    def numbers_path(self) -> Path | None:
        """The same for `numbers.toml`. None: there are no such numbers."""
        return self.numbers_file or self._own("numbers.toml")

    @property
    def flow_path(self) -> Path | None:
        """The same for the flow, `hotline.toml`. None: the shipped one."""
        return self.flow_file or self._own("hotline.toml")

    @property
    def prompts_path(self) -> Path | None:
        """The folder of the prompts' audio: that of the setting, or else `prompts` in data_dir if there is one, which
        the administrator's page makes with its first recording. None: the shipped one."""
        return self.prompts_dir or self._own(OWN_PROMPTS)

    @property
    def town_path(self) -> Path | None:
        """The folder of the town's files: that of the setting, or else `town` in data_dir if there is one. None: the
        shipped ones."""
        return self.town_dir or self._own("town")

    @property
    def versions_dir(self) -> Path:
        """Every version of the files that the administrator's page has changed."""
        return self.data_dir / "versions"

    @property
    def notices_dir(self) -> Path:
        """Every version of the notices that callers have heard: texts and sounds."""
        return self.data_dir / "notices"

    def _own(self, name: str) -> Path | None:
        path = self.data_dir / name
        return path if path.exists() else None

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'cozum.db').absolute()}"
