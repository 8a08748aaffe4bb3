"""Save, wipe, restore and prove as one run that can be gone on with at each stage.

Nothing here asks a person or prints: a run yields events, and what it learned stands in its book.
"""
