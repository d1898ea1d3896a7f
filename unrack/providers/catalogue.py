"""Every action that a runbook may name, as the vendors' folders declare them.

A folder of this package belongs to a vendor when it has `specs` with a `VENDOR`; nothing else lists the vendors.
Reading the specs loads no client, so a runbook can be checked on a machine that has neither the vendor's library nor
its credentials.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from unrack import providers
from unrack.contracts.action import ActionSpec
from unrack.contracts.id_form import ANY_ID, IdKind
from unrack.contracts.service_ids import canonical
from unrack.contracts.vendor import Vendor


def _found() -> Iterator[tuple[str, Vendor]]:
    for folder in iter_modules(providers.__path__):
        specs = f"{providers.__name__}.{folder.name}.specs"
        if folder.ispkg and find_spec(specs) is not None:
            yield folder.name, import_module(specs).VENDOR


VENDORS: Mapping[str, Vendor] = dict(_found())
"""Every vendor by its namespace: the name of its folder, and the first part of the names of its actions."""

ACTIONS: dict[str, ActionSpec] = {spec.name: spec for vendor in VENDORS.values() for spec in vendor.actions}
"""Every action by name."""

SHARED_NAMESPACES = frozenset(namespace for namespace, vendor in VENDORS.items() if vendor.shared)
"""Namespaces whose actions the runbooks of every provider may use."""

FORMS: dict[str, IdKind] = {key: kind for vendor in VENDORS.values() for key, kind in vendor.service_ids.items()}
"""The forms of the ids of services, by ``<provider>/<product>``; ``<provider>/*`` for every product."""


def kind_of(provider: str, product: str) -> IdKind:
    """Return the form of the ids of `product`."""
    return FORMS.get(f"{provider}/{product}") or FORMS.get(f"{provider}/*", ANY_ID)


def canonical_id(provider: str, product: str, text: str) -> str:
    """`text` in the one form in which `provider` knows the service.

    Raises:
        ValueError: it cannot be an id of this product; the message says what one looks like, or which one is meant
            (`unrack.contracts.service_ids.OtherNameError`).
    """
    return canonical(kind_of(provider, product), text)
