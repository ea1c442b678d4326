"""The report, one HTML page: `quarters` and `figures` read, `packing` packs, `page` writes, scripts draw."""
