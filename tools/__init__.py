"""Programs of the people who work on this; `make help` lists them."""
