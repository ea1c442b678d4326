"""Singer target for the nine SolarEdge Harvest tables."""
