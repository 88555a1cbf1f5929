"""A decision of the engine in words, for `cozum journal why`: `story` says what happened to a call, `reasons` why this
agent got it, `words` has the texts."""
