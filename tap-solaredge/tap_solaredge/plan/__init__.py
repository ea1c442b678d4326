"""What to read next: a plan is a list of calls. Pure."""
