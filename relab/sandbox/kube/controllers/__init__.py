"""Reactions to stored changes that stand in for the controllers of a real cluster."""
