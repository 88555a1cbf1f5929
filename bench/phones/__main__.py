"""Phones by hand."""

import sys

from phones.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
