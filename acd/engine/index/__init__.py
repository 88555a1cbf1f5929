"""What is derived from the state, kept so that a question costs little: queues, ranks, skills."""
