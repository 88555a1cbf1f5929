"""Yes and no as people write them."""

from typing import Final

from acd.lib.turkish import tr_fold

_YES: Final = {
    tr_fold(word): yes for yes, words in ((True, ("yes", "evet")), (False, ("no", "hayır"))) for word in words
}


def read_yes(text: str) -> bool | None:
    """Whether a cell says yes; None if it says neither yes nor no."""
    return _YES.get(tr_fold(text))
