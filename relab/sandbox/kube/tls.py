"""The server's certificate, signed by a throw-away CA."""

import ssl

import trustme


def context(ca: trustme.CA, host: str) -> ssl.SSLContext:
    """Return a TLS context for `host`; it also answers for localhost and 127.0.0.1."""
    names = dict.fromkeys((host, "localhost", "127.0.0.1", "kubernetes.default.svc"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["http/1.1"])
    ca.issue_cert(*names).configure_cert(made)
    return made
