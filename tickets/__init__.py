"""What callers asked for: numbers with a check digit, states, a town's quarters and units. Pure."""
