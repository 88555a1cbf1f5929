"""Where the files are that are shipped beside the code: Asterisk's configuration and the recorded prompts.

A clone has them in `asterisk-conf/`, beside the packages. A wheel has no place beside its packages, so
`scripts/wheel_hook.py` puts the folder inside `acd`.
"""

from pathlib import Path

_ACD = Path(__file__).resolve().parents[1]


def asterisk_conf(acd: Path = _ACD) -> Path:
    """Return the folder with the templates of Asterisk's configuration, for the package `acd` in this folder."""
    installed = acd / "asterisk-conf"
    return installed if installed.is_dir() else acd.parent / "asterisk-conf"


def prompts() -> Path:
    """Return the folder with the shipped prompts, in `tr/` and `en/`."""
    return asterisk_conf() / "sounds"
