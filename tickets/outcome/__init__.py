"""The way back: how a citizen is told the outcome of their request, when, in which words, and when not."""
