"""What a fresh sandbox holds: templates in YAML, read once and filled in for each tenant."""
