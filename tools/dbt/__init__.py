"""What dbt is told of the tables."""
