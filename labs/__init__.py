"""Guided labs as content only: one folder a lab, read by `relab.lab`."""
