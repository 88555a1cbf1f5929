"""Files beside the code are found in a clone and in an installed package."""

from pathlib import Path

from acd.lib.shipped import asterisk_conf, prompts


def test_a_clone_has_them_beside_its_packages() -> None:
    assert asterisk_conf() == Path(__file__).resolve().parents[3] / "asterisk-conf"
    assert (asterisk_conf() / "extensions.conf").is_file()
    assert (prompts() / "tr" / "greeting.wav").is_file()


def test_an_installed_package_has_them_inside(tmp_path: Path) -> None:
    (tmp_path / "acd" / "asterisk-conf").mkdir(parents=True)
    (tmp_path / "asterisk-conf").mkdir()
    assert asterisk_conf(tmp_path / "acd") == tmp_path / "acd" / "asterisk-conf"
