"""An error that ends a command of `cozum` with a message for the person who typed it."""

WRONG_USE, NOT_WELL = 2, 1
"""Exit statuses: wrong use, or a failure."""


class CliError(Exception):
    """Ends the command with its text, a line for each fault: key, value, way out."""

    def __init__(self, text: str, code: int = NOT_WELL) -> None:
        super().__init__(text)
        self.code = code
