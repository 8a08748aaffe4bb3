"""A running sandbox for tests, one a worker."""
