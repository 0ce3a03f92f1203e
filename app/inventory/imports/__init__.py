"""Merchandisers' files: one format a file."""

from app.inventory.imports.simple_csv import Good, Parsed, Wrong, parse_simple_csv

__all__ = ["Good", "Parsed", "Wrong", "parse_simple_csv"]
