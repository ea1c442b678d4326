"""From lines of input to rows of the database."""
