"""What holds for all tests."""

from hypothesis import settings

# A machine that others use too is slow at times: that is no fault of an example.
settings.register_profile("cozum", deadline=None)
settings.load_profile("cozum")
