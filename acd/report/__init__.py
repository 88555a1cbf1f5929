"""Figures of a day or a longer time, from the database: for `cozum report` and for the API."""
