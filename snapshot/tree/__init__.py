"""A snapshot as a folder of text for people and git, and back again to the same content hash.

`text` is YAML and JSON lines, exact for every JSON value and strict when read; `shape` says how an
entry, a unit and the manifest stand in files; `names` gives paths that are safe on every file
system, whatever the keys are; `disk` is the only code that touches the folder, never through a link
and never out of it. `exporting` goes from the vault to the folder, `importing` back by `reading`.
"""
