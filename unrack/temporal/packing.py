"""Payloads that hold JSON, compressed."""

import zlib

from temporalio.api.common.v1 import Payload

PACKED = "json/zlib"
"""The encoding of payloads that hold JSON, compressed."""

_PLAIN = b"json/plain"

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
    return Payload(metadata={**payload.metadata, "encoding": _PLAIN}, data=_decompressed(payload.data))


def json_of(payload: Payload) -> bytes:
    """The JSON in `payload`, packed or not.

    Raises:
        ValueError: it holds something else; or as `unpacked`.
    """
    encoding = payload.metadata.get("encoding")
    if encoding == PACKED.encode():
        return _decompressed(payload.data)
    if encoding != _PLAIN:
        raise ValueError("it is in a form that nobody knows")
    return payload.data


def _decompressed(data: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, LARGEST)
    except zlib.error as error:
        raise ValueError(f"the compressed payload is damaged: {error}") from None
    if not unpacking.eof:
        raise ValueError(f"the compressed payload is cut off, or holds more than {LARGEST} bytes")
    return plain
