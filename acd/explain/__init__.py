"""A decision of the engine in words, for `cozum journal why`."""
