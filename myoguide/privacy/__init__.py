"""Redaction before anything is kept, how long it is kept, and logs without a person's words."""

from myoguide.privacy.redaction import Span, find, redact

__all__ = ["Span", "find", "redact"]
