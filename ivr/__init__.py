"""What a caller hears: flows as data, the pure interpreter that goes through them, and the prompts' texts and audio."""
