"""Takes over a database of SolarEdge Harvest (johnzastrow/seh): what is pure apart from what is not."""
