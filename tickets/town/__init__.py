"""A town as its files describe it. Another town changes files, not this."""
