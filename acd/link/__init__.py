"""The link between line and desk, over one Unix socket: entries in one direction, questions and wishes in the other."""
