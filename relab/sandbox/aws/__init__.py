"""The embedded AWS: moto behind a gate that knows whose key signed a request."""
