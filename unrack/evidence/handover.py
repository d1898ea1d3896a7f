"""Secrets that a person hands to a worker for one call, such as a mailed token.

They lie under ``handover/`` in the store, readable by their owner only, and are gone after use, after a refusal, or
after `KEPT_FOR` at the latest. Only a reference to them ever enters a history.
"""

import html
import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import obstore
from obstore.store import LocalStore, ObjectStore

from unrack.evidence.telling import told
from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.form import HANDOVER_PREFIX
from unrack.model.message import msg
from unrack.private_folder import make_private

KEPT_FOR = timedelta(days=7)
"""How long a secret is kept that nothing uses."""

LONGEST_SECRET = 64 * 1024
"""Characters."""

_FOLDER = "handover"
_REFERENCE = re.compile(rf"{HANDOVER_PREFIX}([0-9a-f]{{32}})")
_LINK = re.compile(r"https?://[^\s<>\"'()\[\]]+", re.IGNORECASE)
_TOKEN = re.compile(r"[?&]token=([^&#]+)")
"""Wherever in the link: OVHcloud's Control Panel has its query behind a ``#``."""


def secret_in(text: str) -> str:
    """The secret in what a person pasted, or in what a file holds.

    The byte order mark of Windows' editors is dropped, and blanks around it. Of a link (or a mail with one) the token
    is taken: OVHcloud mails ``…/billing/confirmTerminate?id=…&token=…`` (ovh-api).

    Raises:
        UnrackError: it is empty, too long, has several lines, or is a link without one token (``INVALID``).
    """
    bare = text.strip().removeprefix("\ufeff").strip()
    if not bare:
        raise _invalid(msg("the secret to hand over is empty"), msg("type it, or give it on stdin"))
    links = _LINK.findall(html.unescape(bare))
    if links:
        return _token_of(links)
    if len(bare) > LONGEST_SECRET:
        raise _invalid(
            msg(
                "the secret to hand over has {len} characters; at most {longest_secret} are taken",
                len=len(bare),
                longest_secret=LONGEST_SECRET,
            )
        )
    if len(bare.splitlines()) > 1:
        raise _invalid(msg("the secret to hand over has several lines"), msg("give the secret alone"))
    return bare


class Handover:
    """The part of a store that holds secrets on their way. Every failure is an `UnrackError`."""

    def __init__(self, url: str, store: ObjectStore, folder: Path | None) -> None:
        """Keep them in `store`, which is at `url`; `folder` is where it lies on this machine, if it does."""
        self.url = url
        self._store = store
        self._folder = folder

    async def hand_over(self, secret: str) -> str:
        """Keep `secret`, or the token in it, for `KEPT_FOR`; returns the reference that a task's field takes.

        Raises:
            UnrackError: it is none (see `secret_in`), or the store does not answer.
        """
        content, name = secret_in(secret).encode(), secrets.token_hex(16)
        await self.forget_old()
        with told(self.url, msg("hand a secret over")):
            if self._folder is not None:
                _write_private(self._folder / _FOLDER / name, content)
            else:
                await obstore.put_async(self._store, f"{_FOLDER}/{name}", content, mode="create")
        return f"{HANDOVER_PREFIX}{name}"

    async def take(self, reference: str) -> str:
        """The secret behind `reference`. It stays until `discard`, so that a second attempt finds it too.

        Raises:
            UnrackError: `reference` is not one, or its secret was discarded or is older than `KEPT_FOR`.
        """
        path, nothing = _path(reference), _nothing_handed_over(reference)
        with told(self.url, msg("take a handed-over secret"), missing=nothing):
            response = await obstore.get_async(self._store, path)
            if _is_old(response.meta["last_modified"]):
                await self.discard(reference)
                raise UnrackError(nothing)
            return bytes(await response.bytes_async()).decode()

    async def discard(self, reference: str) -> None:
        """Forget the secret behind `reference`; forgetting it twice is fine."""
        await self._delete(_path(reference))

    async def forget_old(self) -> int:
        """Forget every secret that is older than `KEPT_FOR`; how many there were."""
        with told(self.url, msg("look for handed-over secrets")):
            found = await obstore.list(  # pyright: ignore[reportUnknownMemberType]  # one of its forms is not typed
                self._store, f"{_FOLDER}/", return_arrow=False
            ).collect_async()
        old = [each["path"] for each in found if _is_old(each["last_modified"])]
        for path in old:
            await self._delete(path)
        return len(old)

    async def _delete(self, path: str) -> None:
        try:
            with told(self.url, msg("discard a handed-over secret")):
                await obstore.delete_async(self._store, path)
        except UnrackError as error:
            if error.problem.category is not Category.NOT_FOUND:
                raise


def store_of_folder(folder: Path) -> LocalStore:
    """A store in `folder`, with the place for secrets in it; both are made, and closed to everybody else."""
    for kept in (folder, folder / _FOLDER):
        make_private(kept)
    return LocalStore(folder)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _is_old(at: datetime) -> bool:
    return datetime.now(UTC) - at > KEPT_FOR


def _token_of(links: list[str]) -> str:
    tokens = {unquote(token) for link in links for token in _TOKEN.findall(link)}
    if len(tokens) != 1:
        raise _invalid(
            msg("this is a link without a token")
            if not tokens
            else msg("there are links with different tokens in this"),
            msg("copy what stands after `token=` in the mail's link, and hand over that alone"),
        )
    return tokens.pop()


def _path(reference: str) -> str:
    matched = _REFERENCE.fullmatch(reference)
    if matched is None:  # the text itself is not repeated: it may be the secret
        raise _invalid(
            msg("this is not a reference to a handed-over secret"),
            msg("hand the secret over first (`unrack secret`) and use the reference it prints"),
        )
    return f"{_FOLDER}/{matched[1]}"


def _nothing_handed_over(reference: str) -> Problem:
    return Problem(
        category=Category.NOT_FOUND,
        message=msg(
            "no secret is kept under {reference}: it was used, refused, older than {days} days, "
            "or handed to another store",
            reference=reference,
            days=KEPT_FOR.days,
        ),
        suggestion=msg("hand it over again (`unrack secret`)"),
        reference=reference,
    )


def _invalid(message: str, suggestion: str = "") -> UnrackError:
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
