"""Indexes that are derived from the state and make questions cheap: queues, ranks, skills."""
