"""Storage: the journal, the database that the projector fills from it, and the live view."""
