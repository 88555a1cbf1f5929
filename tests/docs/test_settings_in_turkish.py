"""The administrator's page says in Turkish what every setting is."""

import re
from pathlib import Path
from typing import get_args

from acd.config.settings import Settings
from console.config import Choice

ROOT = Path(__file__).resolve().parents[2]
WORDS = "console/web/src/messages/settings.tr.ts"
LINE = re.compile(r'^  ([a-z][a-z0-9_]*):\s+"((?:[^"\\]|\\.)+)",$', re.MULTILINE)


def lines() -> list[tuple[str, str]]:
    """The settings that have a line, each with its text."""
    return LINE.findall((ROOT / WORDS).read_text("utf-8"))


def test_every_setting_has_a_line_in_turkish() -> None:
    missing = [name for name in Settings.model_fields if name not in dict(lines())]
    assert missing == [], f"/admin is Turkish by default: write a line in Turkish for each of these settings in {WORDS}"


def test_every_choice_of_a_setting_has_a_word() -> None:
    """The build of the pages asks for the words of each `Choice`, in both languages."""
    offered = {one for schema in Settings.model_json_schema()["properties"].values() for one in schema.get("enum", ())}
    assert set(get_args(Choice)) == offered, "name each choice in `Choice` of console/config.py"


def test_no_line_names_a_choice_otherwise_than_the_page() -> None:
    """The page shows the words of a choice, and never what the file has for it."""
    named = {
        name: choice
        for name, schema in Settings.model_json_schema()["properties"].items()
        for choice in schema.get("enum", ())
        if choice and re.search(rf"(?<!\w){re.escape(choice)}(?!\w)", dict(lines())[name])
    }
    assert named == {}, f"say it in the words of the page in {WORDS}"


def test_no_english_line_explains_what_a_file_has() -> None:
    """The page shows the words of a choice in English too."""
    schemas = Settings.model_json_schema()["properties"].values()
    choices = "|".join(
        re.escape(one) for schema in schemas for one in schema.get("enum", ()) if one not in ("", "none")
    )
    as_in_a_file = re.compile(rf"(?:^|[;:,.] )(?:{choices}): | = (?:{choices})\b")
    english = {name: field.description or "" for name, field in Settings.model_fields.items()}
    named = {name: text for name, text in english.items() if as_in_a_file.search(text)}
    assert named == {}, "say it in the words of the page"


def test_every_line_has_a_setting() -> None:
    left = [name for name, _ in lines() if name not in Settings.model_fields]
    assert left == [], f"there are no such settings (any more): remove or rename their lines in {WORDS}"


def test_no_line_is_written_twice_or_is_the_english_one() -> None:
    names = [name for name, _ in lines()]
    assert sorted({name for name in names if names.count(name) > 1}) == [], f"keep one line for each in {WORDS}"
    english = {name: field.description for name, field in Settings.model_fields.items()}
    same = [name for name, text in lines() if text == english.get(name)]
    assert same == [], f"say it in Turkish in {WORDS}"
