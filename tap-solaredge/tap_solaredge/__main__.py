"""Run the tap with `python -m tap_solaredge`."""

from tap_solaredge.tap import TapSolarEdge

TapSolarEdge.cli()
