"""Restore: plan, apply and verify a snapshot against the live world."""
