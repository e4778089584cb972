"""How good the root causes are: every labelled scenario, simulated and recorded, asked and graded."""
