"""Requests in the database: their tables, every change as one transaction, and queries."""
