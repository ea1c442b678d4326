"""How SolarEdge is asked: the HTTP client, credentials, errors and one module per API dialect."""
