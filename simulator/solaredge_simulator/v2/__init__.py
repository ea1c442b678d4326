"""Monitoring API V2 as its reference describes it."""
