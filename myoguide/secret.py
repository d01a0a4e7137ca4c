"""How a secret that somebody gives is compared with the one that is wanted."""

from __future__ import annotations

import hmac


def is_same(given: str, wanted: str) -> bool:
    """Tell whether they are the same, in constant time.

    ``given`` may be anything: bytes of a header that are no text come as lone surrogates.
    """
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())
