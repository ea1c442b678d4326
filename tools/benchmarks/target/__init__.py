"""Compares target-seh-sql with the database drivers alone and with its peers; see README.md."""
