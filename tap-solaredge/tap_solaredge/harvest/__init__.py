"""Do what a plan says: read, send records, move bookmarks."""
