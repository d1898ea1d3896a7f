"""Which certificates are trusted, and how often they are read."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import certifi
import httpx2
import pytest

from unrack.providers import tls


@pytest.fixture(autouse=True)
def _made_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test makes the process's context, on a system without certificates."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(httpx2, "create_ssl_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    tls.trusted.cache_clear()
    yield
    tls.trusted.cache_clear()


def test_a_system_without_certificates_loses_no_provider() -> None:
    """As an image without ``ca-certificates``: Mozilla's list is there; names and certificates are checked."""
    context = tls.trusted()

    assert context.cert_store_stats()["x509_ca"] > 50
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_it_is_made_once() -> None:
    """Each client that made its own would keep the worker for 20 ms."""
    assert tls.trusted() is tls.trusted()


def test_a_file_that_is_named_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names certificates wants no others."""
    monkeypatch.setenv("SSL_CERT_FILE", str(Path(certifi.where())))

    assert tls.trusted().cert_store_stats()["x509_ca"] == 0
