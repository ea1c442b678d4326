"""Runs the target: python -m target_seh_sql."""

from target_seh_sql.cli import main

main()
