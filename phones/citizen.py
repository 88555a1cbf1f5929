"""A citizen's telephone at the other end of the outgoing trunk: a sipp on loopback."""

import itertools
from pathlib import Path

from phones.ports import free_udp_port
from phones.scenario import Agent, agent
from phones.sipp import Process


class Citizen:
    """The person whom the outgoing trunk calls."""

    def __init__(self, folder: Path, port: int, script: Agent, *, echo: bool = False) -> None:
        """`echo`: what is said to them comes back, so that sound flows both ways."""
        folder.mkdir(parents=True)
        captures = itertools.count(1)

        def capture(packets: bytes) -> str:
            path = folder / f"{next(captures)}.pcap"
            path.write_bytes(packets)
            return str(path)

        (folder / "citizen.xml").write_text(agent(script, capture))
        media = free_udp_port(even=True)
        arguments = ["-sf", "citizen.xml", "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media),
                     "-trace_shortmsg", "-shortmessage_file", "messages", "-trace_err", "-error_file", "errors",
                     "-nostdin"]  # fmt: skip
        arguments += ["-rtp_echo"] if echo else []
        self.process = Process(folder, arguments, port, media)

    def __enter__(self) -> "Citizen":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    def called(self) -> list[str]:
        """The addresses that were called, in order. An INVITE that comes again is of the same call: Asterisk repeats it
        to a phone that says nothing for half a second."""
        return [leg.messages[0].line.split()[1] for leg in self.process.legs()]
