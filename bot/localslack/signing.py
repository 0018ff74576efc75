"""Slack's request signature, version 0, as the app verifies it."""

import hmac
from hashlib import sha256


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of "v0:timestamp:body" (timestamp: Unix seconds, body: the bytes as they are sent)."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, sha256).hexdigest()
