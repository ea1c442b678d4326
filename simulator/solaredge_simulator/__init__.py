"""A SolarEdge monitoring service on loopback, for the demo, tests and benchmarks."""
