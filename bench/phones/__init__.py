"""`python -m bench.phones`: the name of the command. The phones themselves are in `phones/`."""
