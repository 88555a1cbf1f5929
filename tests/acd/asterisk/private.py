"""Private Asterisks for tests, on free ports, each in a folder of its own."""

from pathlib import Path
from typing import Any

from acd.asterisk.instance import AgentPhone, AmiUser, AsteriskInstance, InstanceSpec
from acd.asterisk.provision import ensure_asterisk
from bench.stack import free_rtp_range
from phones.ports import free_ports
from tests.acd.asterisk.peer import SECRET


def spec(folder: Path, *, agents: int = 3, **settings: Any) -> InstanceSpec:
    """What a private Asterisk for a test is like."""
    sip, ws, ami, fastagi, standby = free_ports(5)
    rtp_start, rtp_end = free_rtp_range(100)
    values: dict[str, object] = {
        "folder": folder,
        "sip_port": sip,
        "ws_port": ws,
        "ami_port": ami,
        "rtp_start": rtp_start,
        "rtp_end": rtp_end,
        "fastagi": f"127.0.0.1:{fastagi}",
        "standby": f"127.0.0.1:{standby}",
        "agi_secret": SECRET,
        "ami_users": (AmiUser(name="cozum", secret="secret"),),
        "agents": tuple(AgentPhone(extension=f"{n}", sip_password=f"demo{n}") for n in range(1001, 1001 + agents)),
    }
    return InstanceSpec(**{**values, **settings})


def private(folder: Path, **settings: Any) -> AsteriskInstance:
    """One that is not started yet."""
    return AsteriskInstance(spec(folder, **settings), ensure_asterisk())


def processes_of(folder: Path) -> list[int]:
    """Every process whose command line names something below the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found
