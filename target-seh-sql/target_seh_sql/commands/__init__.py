"""What the target can do besides loading: a file for each command, which cli.py finds by its name."""
