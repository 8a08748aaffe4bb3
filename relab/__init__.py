"""relab: a guided lab in the terminal, and the engine that puts its world back after a wipe."""

__version__ = "0.1.0"
