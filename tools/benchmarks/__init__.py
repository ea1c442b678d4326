"""How fast the tap and the target are, beside what no program can beat."""
