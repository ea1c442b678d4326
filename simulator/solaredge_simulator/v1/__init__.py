"""Monitoring API V1 as its reference describes it. To delete it: this folder and its registration."""
