"""Save: collect, read, seal and write a snapshot into a vault."""
