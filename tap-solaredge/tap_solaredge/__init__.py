"""Singer tap for SolarEdge monitoring."""
