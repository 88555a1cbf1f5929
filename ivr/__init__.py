"""What callers hear: flows as data, the pure interpreter of flows, and the prompts' texts and audio."""
