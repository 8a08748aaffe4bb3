"""Reads many S3 objects fast, with all that one GET tells of each.

    signing     AWS Signature 4 for requests without a body
    lines       kept-open HTTP connections, through the classroom's proxy where there is one
    checksums   the body against what the server says of it
    reader      one object into a sink, tried again when the server or the network falters

Why not the SDK's own transfer: `docs/adr/0005-reading-objects.md`.
"""

from relab.clouds.objects.calls import Body, Call, Which
from relab.clouds.objects.reader import Got, Objects

__all__ = ["Body", "Call", "Got", "Objects", "Which"]
