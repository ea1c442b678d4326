"""What the database holds, how new it is, and what is missing."""
