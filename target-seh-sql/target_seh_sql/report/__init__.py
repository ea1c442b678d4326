"""The report: one HTML page from the views; `figures` asks, `charts` draws, `page` writes."""
