"""Every version of a notice is kept, with what it said, and read years later."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.config.notices import LOG, KeptNotices, NoticeVersion, spans, version_of, with_texts
from acd.config.own_prompts import link_to_shipped
from acd.lib import shipped
from ivr.catalogue import PROMPTS_DIR, load_catalogues

DAY_S = 86_400.0
PRIVACY = load_catalogues()["tr"]["privacy"].text


def kept(folder: Path) -> list[tuple[str, str, float, bool]]:
    return [(one.version, one.text, one.since, one.of_text) for one in KeptNotices(folder).read()]


def own(folder: Path, content: bytes, text: str = "") -> Path:
    """A folder of one's own with this sound, and this text if there is one; the sound."""
    (folder / "tr").mkdir(parents=True, exist_ok=True)
    if text:
        shipped_text = (PROMPTS_DIR / "tr.toml").read_text("utf-8")
        assert PRIVACY in shipped_text
        (folder / "tr.toml").write_text(shipped_text.replace(PRIVACY, text), "utf-8")
    sound = folder / "tr" / "privacy.wav"
    draft = sound.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(sound)
    return sound


def test_the_shipped_notice_is_kept_with_the_text_of_which_it_was_made(tmp_path: Path) -> None:
    sound = shipped.prompts() / "tr" / "privacy.wav"
    notices = KeptNotices(tmp_path / "notices")
    notices.keep("privacy", sound, None, 100.0)
    version = version_of("tr", sound.read_bytes())
    assert kept(tmp_path / "notices") == [(version, PRIVACY, 100.0, True)]
    assert notices.sound(version).read_bytes() == sound.read_bytes()
    (tmp_path / "own" / "tr").mkdir(parents=True)
    link_to_shipped(tmp_path / "own", "tr/privacy")
    KeptNotices(tmp_path / "more").keep("privacy", tmp_path / "own" / "tr" / "privacy.wav", None, 200.0)
    assert kept(tmp_path / "more") == [(version, PRIVACY, 200.0, True)], "by a link too"


def test_an_old_version_is_read_when_text_and_sound_are_long_gone(tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    texts = tmp_path / "own"
    KeptNotices(folder).keep("privacy", own(texts, b"first", "Eski metin."), texts, 0.0)
    KeptNotices(folder).keep("privacy", own(texts, b"second", "Yeni metin."), texts, 400 * DAY_S)
    shutil.rmtree(texts)
    assert kept(folder) == [
        (version_of("tr", b"first"), "Eski metin.", 0.0, False),
        (version_of("tr", b"second"), "Yeni metin.", 400 * DAY_S, False),
    ]
    sounds = [KeptNotices(folder).sound(one.version).read_bytes() for one in KeptNotices(folder).read()]
    assert sounds == [b"first", b"second"]
    assert [one.until for one in spans(KeptNotices(folder).read())] == [400 * DAY_S, None]


def test_a_version_is_kept_once_and_again_when_it_comes_back(tmp_path: Path) -> None:
    folder, notices = tmp_path / "notices", KeptNotices(tmp_path / "notices")
    first, second = version_of("tr", b"a"), version_of("tr", b"b")
    for at, content in enumerate((b"a", b"a", b"b", b"a", b"a")):
        if at != 3:  # a line is started anew, and one goes on
            notices = KeptNotices(folder)
        assert not notices.is_kept("privacy", "tr", version_of("tr", content))
        notices.keep("privacy", own(tmp_path / "own", content), None, float(at))
        assert notices.is_kept("privacy", "tr", version_of("tr", content))
    assert [(one.notice.version, one.notice.since, one.until) for one in spans(notices.read())] == [
        (first, 0.0, 2.0),
        (second, 2.0, 3.0),
        (first, 3.0, None),
    ]


def test_a_span_ends_with_the_next_of_its_prompt_and_language(tmp_path: Path) -> None:
    def one(version: str, prompt: str, language: str, since: float) -> NoticeVersion:
        return NoticeVersion(version=version, prompt=prompt, language=language, since=since, text="", of_text=True)

    found = spans(
        [one("a", "privacy", "tr", 1.0), one("b", "privacy", "en", 2.0), one("c", "recording", "tr", 3.0),
         one("d", "privacy", "tr", 4.0)]
    )  # fmt: skip
    assert [one.until for one in found] == [4.0, None, None, None]


def test_a_line_that_was_cut_off_costs_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    KeptNotices(folder).keep("privacy", own(tmp_path / "own", b"a"), None, 1.0)
    with (folder / LOG).open("ab") as file:
        file.write(b'{"version":"tr-b","pro')
    KeptNotices(folder).keep("privacy", own(tmp_path / "own", b"b"), None, 2.0)
    found = [one.version for one in KeptNotices(folder).read()]
    assert found == [version_of("tr", b"a"), version_of("tr", b"b")]


def test_what_cannot_be_kept_is_logged_and_tried_again(tmp_path: Path) -> None:
    folder, sound = tmp_path / "notices", own(tmp_path / "own", b"x")
    folder.write_text("a file in the way")
    notices = KeptNotices(folder)
    with capture_logs() as logs:
        for at in (1.0, 1.1, 1.2):  # each caller has it tried
            notices.keep("privacy", sound, None, at)
    assert [one["event"] for one in logs] == ["notice_not_kept"]
    assert not notices.is_kept("privacy", "tr", version_of("tr", b"x"))
    folder.unlink()
    notices.keep("privacy", sound, None, 2.0)
    assert notices.is_kept("privacy", "tr", version_of("tr", b"x"))


def test_a_text_with_a_fault_leaves_the_sound(tmp_path: Path) -> None:
    sound = own(tmp_path / "own", b"x")
    (tmp_path / "own" / "tr.toml").write_text("[prompts", "utf-8")
    KeptNotices(tmp_path / "notices").keep("privacy", sound, tmp_path / "own", 1.0)
    assert kept(tmp_path / "notices") == [(version_of("tr", b"x"), "", 1.0, False)]


@pytest.mark.parametrize(("version", "text"), [("tr-a", "Metin."), ("tr-z", None), (None, None)])
def test_the_text_stands_beside_the_version(version: str | None, text: str | None) -> None:
    one = NoticeVersion(version="tr-a", prompt="privacy", language="tr", since=0.0, text="Metin.", of_text=True)
    call = {"id": "c1", "privacy_notice_version": version, "agent": "1001"}
    assert with_texts([call], [one]) == [
        {"id": "c1", "privacy_notice_version": version, "privacy_notice_text": text, "agent": "1001"}
    ]
