"""Secrets in files: made once, and never taken for one where the file holds something else."""

import os
from pathlib import Path

import pytest

from acd.lib.secret_file import read_secret, secret_in


def test_a_secret_is_made_once_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "token"
    made = secret_in(path)
    assert len(made) > 40
    assert secret_in(path) == read_secret(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["token"]


@pytest.mark.parametrize("content", [b"\0" * 44, "şifre".encode(), "a-secret".encode("utf-16"), b"one\ntwo\n"])
def test_a_file_that_holds_something_else_is_named_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(OSError, match=f"{path} holds no secret: put the right file back, or remove it, and a new"):
        secret_in(path)
    assert path.read_bytes() == content


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(OSError, match="is empty: remove it, and a new secret is made"):
        read_secret(tmp_path / "token")
