"""Spoken remarks: attached once when the call is over, and then destroyed."""

import os
import wave
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from acd.desk.outcome_remarks import OutcomeRemarks
from acd.lib.clock import clock
from console.ports import Unavailable
from console.request_ports import By, Upload
from tickets.failures import NoSuch

WISH = "26-000123-3.1.1"


class Desk:
    """A folder of recordings, and what was attached."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: dict[str, str] = {WISH: "26-000123-3"}
        self.attached: list[tuple[str, Upload, By]] = []
        self.fault: Exception | None = None
        self.remarks = OutcomeRemarks(folder, self._attach)

    async def _attach(self, number: str, upload: Upload, by: By) -> None:
        if self.fault is not None:
            raise self.fault
        self.attached.append((number, upload, by))

    async def ended_call(self, wish: str) -> str | None:
        return self.ended.get(wish)

    async def take(self) -> None:
        await self.remarks.take(self)  # type: ignore[arg-type]  # of Outcomes only this is used

    def recorded(self, *, heard: bool = True) -> Path:
        path = self.folder / f"{WISH}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes((b"\x00\x40\x00\xc0" if heard else b"\0\0\0\0") * 4000)
        return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_a_remark_is_a_file_of_the_request(desk: Desk) -> None:
    path = desk.recorded()
    content = path.read_bytes()
    await desk.take()
    [(number, upload, by)] = desk.attached
    assert (number, upload.media_type, upload.name, upload.content) == (
        "26-000123-3",
        "audio/wav",
        "remark.wav",
        content,
    )
    assert (by.actor.role, by.key) == ("system", f"remark/{WISH}")
    assert not path.exists()


async def test_one_that_is_being_recorded_waits(desk: Desk) -> None:
    path = desk.recorded()
    desk.ended.clear()
    await desk.take()
    assert (desk.attached, path.exists()) == ([], True)


@pytest.mark.parametrize(("days", "kept"), [(6.9, True), (7.1, False)])
async def test_one_whose_call_is_not_known_or_never_ended_goes_after_seven_days(
    desk: Desk, days: float, kept: bool
) -> None:
    """It is a citizen's voice, in plain."""
    path = desk.recorded()
    desk.ended.clear()
    then = clock() - days * 86_400
    os.utime(path, (then, then))
    with capture_logs() as logs:
        await desk.take()
    assert (desk.attached, path.exists()) == ([], kept)
    told = {"event": "remark_of_unknown_call", "call": WISH, "log_level": "error"}
    assert logs == ([] if kept else [told])


async def test_silence_is_no_remark(desk: Desk) -> None:
    path = desk.recorded(heard=False)
    await desk.take()
    assert (desk.attached, path.exists()) == ([], False)


@pytest.mark.parametrize(("fault", "kept"), [(Unavailable("files: full"), True), (NoSuch("number"), False)])
async def test_what_cannot_be_attached(desk: Desk, fault: Any, kept: bool) -> None:
    path = desk.recorded()
    desk.fault = fault
    await desk.take()
    assert path.exists() is kept


async def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "nowhere")
    await desk.take()
    assert desk.attached == []
