"""Troubles that make the lab's troubleshooting real: small, exactly reversible changes."""
