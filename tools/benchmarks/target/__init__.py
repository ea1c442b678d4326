"""Compares target-seh-sql with the engine's limit and with its peers; see README.md."""
