"""What a citizen is told."""

from typing import Any

import msgspec
import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.clock.dates import ZONE
from tests.tickets.life import AGENT, in_state, made, opened
from tests.tickets.towns import SERVICES, TOWN, shipped_texts
from tickets.outcome.words import LONGEST_TEXT_MESSAGE, parts, say
from tickets.states import TicketState
from tickets.ticket import Ticket
from tickets.town.load import load_town
from tickets.town.words import Way


def resolved(**values: Any) -> Ticket:
    return msgspec.structs.replace(in_state("resolved"), **{"words": "Çukur asfaltla kapatıldı", **values})


def said(ticket: Ticket, way: Way = "call", language: str = "") -> str:
    return say(ticket, way, TOWN, ZONE, language)


def spoken(ticket: Ticket) -> list[tuple[str, str]]:
    return [(part.language, part.text) for part in parts(ticket, TOWN, ZONE)]


def test_in_the_language_of_the_citizen() -> None:
    assert said(resolved()) == (
        "1 Haziran tarihli başvurunuz sonuçlandı. Konu: Yolda çukur. Fen İşleri şunu bildirdi: "
        "Çukur asfaltla kapatıldı."
    )
    assert said(resolved(language="en")).startswith("Your request of 1 June has been resolved. It was about: Pothole.")
    assert said(resolved(), language="en") == said(resolved(language="en"))
    assert said(resolved(language="ar")) == said(resolved()), "a language without words: Turkish"


def test_a_turkish_voice_says_the_units_words_to_whoever_hears_english() -> None:
    assert spoken(resolved()) == [("tr", said(resolved()))]
    assert spoken(resolved(language="en")) == [
        ("en", "Your request of 1 June has been resolved. It was about: Pothole. Public Works says:"),
        ("tr", "Çukur asfaltla kapatıldı."),
    ]


def test_a_voice_is_given_nothing_that_has_no_sound() -> None:
    """Else the whole call would say nothing of the outcome: what a voice cannot say makes no file."""
    texts = shipped_texts()
    texts["words.toml"] = texts["words.toml"].replace("{unit} says: {words}", "They say: “{words}”.")
    town = load_town(texts, services=SERVICES)
    told = parts(resolved(language="en"), town, ZONE)
    assert [part.text for part in told][1:] == ["Çukur asfaltla kapatıldı."]
    assert [part.text[-4:] for part in parts(resolved(language="en", words="-"), TOWN, ZONE)] == ["ays:"]


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("state", ["resolved", "refused", "not_ours"])
def test_an_automatic_call_says_what_an_agent_reads(state: TicketState, language: str) -> None:
    ticket = msgspec.structs.replace(in_state(state), language=language)
    assert " ".join(text for _, text in spoken(ticket)) == said(ticket)


def test_by_text_message_with_the_number() -> None:
    assert said(resolved(), "text") == (
        "26-000001-9 numaralı başvurunuz sonuçlandı (Yolda çukur). Çukur asfaltla kapatıldı."
    )


LONG = "Şebekede arıza olduğu anlaşıldı, ekip yönlendirildi. " * 60
MORE = "Tamamı: başvuru sorgulama sayfasında"


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("unbroken", [True, False])
def test_a_text_message_that_is_too_long_says_where_the_whole_is_read(language: str, unbroken: bool) -> None:
    ticket = resolved(words="a" * 4000 if unbroken else LONG, language=language)
    text = said(ticket, "text")
    assert 500 < len(text) <= LONGEST_TEXT_MESSAGE
    assert text.startswith(said(resolved(language=language), "text").partition(" Çukur")[0]), "whose it is, and what"
    assert text.endswith(getattr(TOWN.more, language))
    kept = text.removesuffix(f"… {getattr(TOWN.more, language)}")
    assert kept.endswith(
        "a" * 100 if unbroken else ("yönlendirildi.", "ekip", "arıza", "anlaşıldı", "olduğu", "Şebekede")
    )
    assert "…" not in said(ticket, "call"), "by telephone all of it is said"


@pytest.mark.parametrize("in_words", [True, False])
def test_how_the_body_is_reached_is_never_cut(in_words: bool) -> None:
    reach = TOWN.bodies["iski"].reach_tr
    words = f"{LONG} {reach}" if in_words else LONG
    other = made(opened(topic="su_kesintisi"), "not_ours", AGENT, responsible="iski", result=words)
    text = said(other.ticket, "text")
    assert (text.count(reach), len(text) <= LONGEST_TEXT_MESSAGE, MORE in text) == (1, True, True)
    assert "Şebekede arıza olduğu anlaşıldı" in text


def test_a_template_that_leaves_no_room_gives_way() -> None:
    own = TOWN.words["not_ours", "text", ""]
    words = {**TOWN.words, ("not_ours", "text", ""): msgspec.structs.replace(own, tr="x" * 560 + " {words}")}
    town = msgspec.structs.replace(TOWN, words=words)
    other = made(opened(topic="su_kesintisi"), "not_ours", AGENT, responsible="iski", result=LONG)
    text = say(other.ticket, "text", town, ZONE)
    assert text.startswith("26-000001-9: Şebekede arıza olduğu anlaşıldı")
    assert (TOWN.bodies["iski"].reach_tr in text, MORE in text, len(text) <= LONGEST_TEXT_MESSAGE) == (True, True, True)


def test_a_town_may_leave_out_where_the_whole_is_read() -> None:
    texts = shipped_texts()
    start, _, rest = texts["words.toml"].partition("\n[more]\n")
    texts["words.toml"] = start + rest[rest.index("[[words]]") :]
    assert load_town(texts, services=SERVICES).more.tr.startswith(MORE)


def test_the_lines_number_is_that_of_the_setting_and_of_no_town() -> None:
    texts = shipped_texts()
    texts["words.toml"] = texts["words.toml"].replace("{unit} says: {words}", "Call {line}. {words}")
    town = load_town(texts, services=SERVICES, line="444 05 06")
    long = resolved(words=LONG)
    assert say(long, "text", town, ZONE).endswith("ya da 444 05 06.")
    assert say(long, "text", town, ZONE, "en").endswith("or call 444 05 06.")
    assert "Call 444 05 06. Çukur" in say(resolved(), "call", town, ZONE, "en")
    assert "444 04 11" not in "".join(texts.values())


def test_a_topic_may_have_words_of_its_own() -> None:
    ticket = resolved(topic="cop_alinmadi", words="Bu sabah.")
    assert said(ticket) == "1 Haziran tarihinde bildirdiğiniz çöp, temizlik ekibimizce alındı. Bu sabah."
    assert said(ticket, "text").startswith("26-000001-9 numaralı"), "its text message is the general one"


def test_who_is_responsible_and_how_to_reach_them_is_always_said_once() -> None:
    other = made(opened(topic="su_kesintisi"), "not_ours", AGENT, responsible="iski", result="Şebeke İSKİ'nindir")
    text = said(other.ticket)
    assert "Görevli kurum: İSKİ. Şebeke İSKİ'nindir. İSKİ'ye 185 numaralı telefondan ulaşabilirsiniz." in text
    words = "Bu konuda görevli kurum: İSKİ. İSKİ'ye 185 numaralı telefondan ulaşabilirsiniz."
    filled = made(opened(topic="su_kesintisi"), "not_ours", AGENT, responsible="iski", result=words)
    assert said(filled.ticket).count("185") == 1
    stranger = made(opened(), "not_ours", AGENT, responsible="Komşu belediye", result="Orası bizde değil.")
    assert said(stranger.ticket).endswith("Görevli kurum: Komşu belediye. Orası bizde değil.")


def test_without_topic_or_unit() -> None:
    text = said(resolved(topic=None, unit=None))
    assert "Konu: ilettiğiniz konu. Halkla İlişkiler şunu bildirdi" in text


def test_words_of_a_citizen_are_no_template() -> None:
    assert "{number}" in said(resolved(words="bak: {number} {words}"))


def test_what_a_reload_took_away_has_its_name_still() -> None:
    assert "Konu: gone_topic" in said(resolved(topic="gone_topic"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[more]\ntr = ", "[more]\nde = ", "words.toml: more"),
        ("or call {line}", "or call {number}", 'words.toml: more.en = "number": no such name between braces'),
        ("or call {line}", "or call {line", "words.toml: more.en = "),
        (
            "{date} tarihli başvurunuz sonuçlandı",
            "{day} tarihli",
            'words.toml: words.0.tr = "day": no such name between',
        ),
        ("şunu bildirdi: {words}", "bildirdi", "words.toml: words.0.tr = "),
        ("{date} tarihli başvurunuz sonuçlandı", "{date tarihli", "words.toml: words.0.tr = "),
        ('way = "call"', 'way = "letter"', 'words.toml: words.0.way = "letter": must be call or text'),
        ('topic = "cop_alinmadi"', 'topic = "cop"', 'words.toml: words.resolved.topic = "cop": no such topic'),
        ('topic = "cop_alinmadi"', "", "words.toml: words.6: resolved, call stands already for this topic"),
        ('outcome = "refused"\nway = "text"', 'outcome = "resolved"\nway = "text"\ntopic = "gurultu"', "are missing"),
    ],
)
def test_a_fault_of_the_file(old: str, new: str, expected: str) -> None:
    texts = shipped_texts()
    assert old in texts["words.toml"]
    texts["words.toml"] = texts["words.toml"].replace(old, new, 1)
    with pytest.raises(BadFile) as caught:
        load_town(texts, services=SERVICES)
    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["words = 3", "x = 1", ""])
def test_what_is_no_file_of_words(text: str) -> None:
    with pytest.raises(BadFile, match=r"words\.toml"):
        load_town(shipped_texts() | {"words.toml": text}, services=SERVICES)
