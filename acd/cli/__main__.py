"""`python -m acd.cli`, for where the `cozum` command is not on the path."""

from acd.cli import main

main()
