"""What may be spent: limits, the ledger of calls on disk, and who may spend."""
