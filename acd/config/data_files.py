"""Where the files of a running system are: in `data_dir`, unless a setting says otherwise."""

from pathlib import Path
from typing import TYPE_CHECKING


class DataFiles:
    """The part of the settings that names files."""

    if TYPE_CHECKING:  # fields of the settings
        data_dir: Path
        channel_log: Path | None
        agents_file: Path | None
        database_url: str

    @property
    def pid_file(self) -> Path:
        return self.data_dir / "cozum.pid"

    @property
    def desk_pid_file(self) -> Path:
        """The desk's process id."""
        return self.data_dir / "desk.pid"

    @property
    def line_socket(self) -> Path:
        """Where the line listens for desks."""
        return self.data_dir / "line.sock"

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
    def spool_dir(self) -> Path:
        """The folder of the standby's records."""
        return self.data_dir / "spool"

    @property
    def agents_path(self) -> Path:
        return self.agents_file or self.data_dir / "agents.toml"

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'cozum.db').absolute()}"
