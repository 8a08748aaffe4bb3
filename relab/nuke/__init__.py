"""The wipe, only with proof: aws-nuke's binary, its configuration, the gate, and what comes after.

Nothing here asks a person or prints: functions yield events and return results, which the command
line, the screens and the cycle show. This room must not be able to wipe anything by itself: what
removes is handed a `Permit`, which only the gate makes.
"""
