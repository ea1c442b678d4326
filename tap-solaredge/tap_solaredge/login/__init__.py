"""Credentials: keys, and the grants of site owners with their renewal."""
