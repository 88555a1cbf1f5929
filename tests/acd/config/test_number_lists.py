"""The numbers file."""

from pathlib import Path

import pytest

from acd.config.number_lists import Numbers, load_numbers, parse_numbers
from acd.engine.model.errors import BadConfig
from acd.lib.file_checks import BadFile


def test_numbers_are_found_however_they_are_written() -> None:
    text = 'blocked = ["+90 532 123 45 67"]\nswitchboards = ["0212 555 00 00"]\n[vip]\n"0532 765 43 21" = 60\n'
    assert parse_numbers(text, "n.toml") == Numbers(
        blocked=frozenset({"+905321234567"}), vip={"+905327654321": 60.0}, switchboards=frozenset({"+902125550000"})
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('blocked = ["05"]', "n.toml: blocked = ***: entry 1 is no number: 3 digits or more are needed"),
        ('blocked = ["0532 123 45 67", "+905321234567"]', "n.toml: blocked = ***: entry 2 stands already"),
        ('blocked = ["05321234567"]\nvip = { "05321234567" = 5 }', "n.toml: vip = ***: entry 1 is blocked too"),
        (
            'blocked = ["05321234567"]\nswitchboards = ["0212 555 00 00", "05321234567"]',
            "n.toml: switchboards = ***: entry 2 is blocked too",
        ),
        ('switchboards = ["1", "2"]', "n.toml: switchboards = ***: entry 2 is no number"),
        ('vip = { "05321234567" = 0 }', "n.toml: vip = ***: must be a table of numbers"),
        ("blocks = []", 'n.toml: blocks = ***: no such key (did you mean "blocked"?)'),
    ],
)
def test_faults_are_named_and_numbers_are_not(text: str, fault: str) -> None:
    with pytest.raises(BadFile) as caught:
        parse_numbers(text, "n.toml")
    assert fault in str(caught.value)
    assert "532" not in str(caught.value)


def test_the_file_is_nobody_elses_to_read(tmp_path: Path) -> None:
    path = tmp_path / "numbers.toml"
    path.write_text('blocked = ["05321234567"]')
    path.chmod(0o644)
    with pytest.raises(BadConfig, match="can be read by everybody: run `chmod 600"):
        load_numbers(path)
    path.chmod(0o600)
    assert load_numbers(path).blocked == {"+905321234567"}


def test_no_file_is_no_numbers_and_a_missing_one_a_fault(tmp_path: Path) -> None:
    assert load_numbers(None) == Numbers()
    with pytest.raises(BadConfig, match="cannot be read"):
        load_numbers(tmp_path / "none.toml")
