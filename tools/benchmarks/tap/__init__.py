"""Measures the tap against bare loops over the same calls; results stand in docs/."""
