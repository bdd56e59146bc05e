"""Maximum amounts and days, over every scheme's trial billing (for.CARE Maximalgrenzen; §§ 39, 42, 42a SGB XI)."""
