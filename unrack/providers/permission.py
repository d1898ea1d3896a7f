"""Asked before each request that changes something at a provider: may it still be sent?

Whoever runs a call says how to ask; where nobody does, everything may be sent. An adapter asks in its transport,
through which every request goes.
"""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Permission = Callable[[], Awaitable[None]]
"""Return when the request may be sent; else raise the error that ends the call."""


async def _anything() -> None:
    """Nobody asks."""


_permission: ContextVar[Permission] = ContextVar("permission", default=_anything)


def ask_by(permission: Permission) -> None:
    """From now on, in this task and what it starts, `permission` is asked before each changing request."""
    _permission.set(permission)


@contextmanager
def asking_first(permission: Permission) -> Generator[None]:
    """Within the block `permission` is asked first, and only then whoever is to be asked besides."""
    besides = _permission.get()

    async def both() -> None:
        await permission()
        await besides()

    token = _permission.set(both)
    try:
        yield
    finally:
        _permission.reset(token)


async def may_send() -> None:
    """Asks whether a changing request may be sent now.

    Raises:
        Exception: whatever the permission raises; nothing was sent then, and nothing more is to be.
    """
    await _permission.get()()
