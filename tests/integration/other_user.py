"""Running our program where another user can reach it.

The interpreter may lie in root's own home, which nobody else can enter. The command then starts in a mount namespace of
its own, in which the way to it is free.
"""

import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from acd.asterisk.provision import ensure_asterisk
from acd.config.settings import Settings
from acd.supervisor.identity import Identity, needed_paths, out_of_reach

USER = pwd.getpwnam("nobody")
IDENTITY = Identity(USER.pw_name, USER.pw_uid, USER.pw_gid, USER.pw_dir)
NAMESPACE = ("unshare", "--mount", "--propagation", "private")


class OutOfReach(Exception):
    """The user cannot reach our program here, and no namespace helps. The text says why."""


def reachable(command: Sequence[str]) -> list[str]:
    """The command of ours, so started that the user can reach all that it needs; to be run by root.

    Raises `OutOfReach`."""
    barred = out_of_reach(IDENTITY, needed_paths(Settings(), ensure_asterisk()))
    if barred is None:
        return list(command)
    interpreter = Path(sys.executable).resolve()
    if barred not in interpreter.parents:
        raise OutOfReach(f"{USER.pw_name} cannot reach {barred}")
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0:
        raise OutOfReach(f"{USER.pw_name} cannot reach {barred}, and there is no mount namespace to be had")
    return [*NAMESPACE, "sh", "-c", f'{_free_the_way(barred, interpreter)} exec "$@"', "sh", *command]


def as_user(command: Sequence[str]) -> list[str]:
    """The command of ours, run by that user. Raises `OutOfReach`."""
    drop = ("setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups")
    return reachable([*drop, "env", f"HOME={USER.pw_dir}", *command])


def _free_the_way(barred: Path, within: Path) -> str:
    """Shell commands by which `barred` is a folder for everybody that holds nothing but `within`."""
    inner = barred / within.relative_to(barred).parts[0]
    return (
        f"mount --bind {inner} /mnt && mount -t tmpfs -o mode=755 none {barred} && mkdir {inner} && "
        f"mount --bind /mnt {inner} && umount /mnt && "
    )
