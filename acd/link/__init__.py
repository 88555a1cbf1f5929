"""What line and desk say to each other over one Unix socket: entries one way, questions and wishes the other."""
