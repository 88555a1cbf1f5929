"""Which citizens get text messages."""

import msgspec
import pytest

from acd.config.load_settings import load_settings
from tests.tickets.life import RULES, in_state
from tickets.deliveries import receipt, takes_texts
from tickets.ticket import Ticket

TEXTS = msgspec.structs.replace(RULES, texts=True, denied=load_settings().callback_denied)


def of(caller: str) -> Ticket:
    return msgspec.structs.replace(in_state("assigned"), caller=caller)


@pytest.mark.parametrize(
    "number", ["05321234567", "5321234567", "+905321234567", "905321234567", "00905321234567", "+90 (0532) 123 45 67"]
)
def test_a_mobile_number_of_the_country_gets_texts_however_it_is_written(number: str) -> None:
    assert [one.about for one in receipt(of(number), TEXTS)] == ["receipt"]
    assert takes_texts(of(number), TEXTS)


@pytest.mark.parametrize(
    "number",
    [
        "+882135551234567", "+25263012345", "0025263012345", "+870772001234", "+4915112345678", "+12125551234",
        "252630123456", "+905000000", "05321234567890", "09001234567", "02121112233", "anonymous", "",
    ],
)  # fmt: skip
def test_a_number_that_is_never_called_gets_no_text(number: str) -> None:
    assert list(receipt(of(number), TEXTS)) == []
    assert not takes_texts(of(number), TEXTS)


def test_nor_does_one_of_a_denied_range() -> None:
    denied = msgspec.structs.replace(TEXTS, denied=("+905338",))
    assert not takes_texts(of("05338601234"), denied)
    assert takes_texts(of("05321234567"), denied)
