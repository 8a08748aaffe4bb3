"""The screens: the lab itself, and what may lie over it."""
