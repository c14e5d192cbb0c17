"""Outcomes as plain data: what the gate and the reports are made from."""
