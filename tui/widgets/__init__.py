"""The parts of the screens, one a file; each draws a `View` and tells of clicks by messages."""
