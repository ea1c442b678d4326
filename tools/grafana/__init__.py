"""The dashboard for Grafana, defined once and written as a file for each database."""
