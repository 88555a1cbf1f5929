"""What a real Asterisk keeps from our manager user."""

import re
from pathlib import Path

from acd.asterisk.instance import AmiUser
from bench.stack import free_rtp_range
from tests.acd.asterisk.private import private
from tests.acd.asterisk.raw_ami import WITNESS, RawAmi
from tests.waiting import until

OURS = AmiUser(name="cozum", secret="secret-of-ours-alone")


def states(link: RawAmi) -> list[bytes]:
    """The states of the device so far."""
    return re.findall(rb"Event: DeviceStateChange\r\n(?:[^\r]+\r\n)*?Device: Custom:7\r\nState: (\w+)", link.stream)


async def test_no_event_tells_the_engine_that_a_phone_is_busy(tmp_path: Path) -> None:
    """Each call would have one, in a read of its own, and nobody wants to know."""
    start, end = free_rtp_range()
    with (
        private(tmp_path / "asterisk", ami_users=(OURS, WITNESS), rtp_start=start, rtp_end=end) as asterisk,
        RawAmi(asterisk.spec.ami_port) as witness,
        RawAmi(asterisk.spec.ami_port, OURS) as ours,
    ):
        told = ("BUSY", "NOT_INUSE", "UNAVAILABLE")
        for state in told:
            asterisk.rx(f"devstate change Custom:7 {state}")
        await until(lambda: b"UNAVAILABLE" in states(ours) and b"UNAVAILABLE" in states(witness), "all is told")
        assert states(witness) == [state.encode() for state in told]
        assert states(ours) == [b"NOT_INUSE", b"UNAVAILABLE"]
