"""Payloads that hold JSON, compressed."""

import zlib

from temporalio.api.common.v1 import Payload

PACKED = "json/zlib"
"""The encoding of payloads that hold JSON, compressed."""

PACKED_FROM = 1024
"""Bytes of JSON from which it is compressed. The call of an ordinary step stays readable on Temporal's own page."""

LARGEST = 2 * 1024 * 1024
"""Bytes of JSON in one payload: what Temporal takes. More is not compressed, so that Temporal refuses it as ever;
nor is more unpacked, whoever sent it."""


def unpacked(payload: Payload) -> Payload:
    """`payload` with its JSON as it is; any other payload is given back.

    Raises:
        ValueError: what is packed is damaged, or larger than any payload may be.
    """
    if payload.metadata.get("encoding") != PACKED.encode():
        return payload
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(payload.data, LARGEST)
    except zlib.error as error:
        raise ValueError(f"the compressed payload is damaged: {error}") from None
    if not unpacking.eof:
        raise ValueError(f"the compressed payload is cut off, or holds more than {LARGEST} bytes")
    return Payload(metadata={**payload.metadata, "encoding": b"json/plain"}, data=data)
