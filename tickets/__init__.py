"""Requests of callers, until they are resolved; docs/requests.md describes them. Pure."""
