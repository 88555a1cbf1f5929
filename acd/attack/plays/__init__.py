"""The attacks, a module each. A module here with an `ATTACK` is played by `cozum doctor --attack`."""
