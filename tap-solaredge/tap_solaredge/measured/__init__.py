"""What was measured, in the field's own terms and base units, and what follows from it. Pure."""
