"""OpenSSH's list of allowed signers (ssh-keygen(1), ALLOWED SIGNERS): outsiders verify exports without Unrack."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from unrack.model.base import Frozen, Moment
from unrack.model.key_blob import Certificate, read_line
from unrack.model.message import msg
from unrack.model.people import Principal
from unrack.model.statement import NAMESPACE


class AllowedSigner(Frozen):
    """One line of the list."""

    principal: Principal
    key: str
    """``<type> <base64>``."""
    valid_after: Moment | None = None
    """The first moment at which it counts; None: always."""
    valid_before: Moment | None = None
    """The first moment at which it counts no more; None: never. For a revoked key, when that was."""
    authority: bool = False
    """It signs certificates for `principal`, and nothing itself."""


def allowed_signers(rows: Iterable[AllowedSigner]) -> str:
    """The list as OpenSSH reads it, a line for each row, in order; every time in UTC, with its ``Z``.

    Raises:
        ValueError: a key is none that may sign, or a validity ends before it begins.
    """
    return "".join(_line(row) + "\n" for row in rows)


def ssh_time(moment: datetime) -> str:
    """`moment` as ``-O verify-time=`` and lists of signers take it, in UTC; OpenSSH knows whole seconds."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")


def _line(row: AllowedSigner) -> str:
    found = read_line(row.key)
    if isinstance(found, Certificate):
        raise ValueError(  # noqa: TRY004  # a wrong text, not a wrong type
            msg("{principal}: a certificate is not listed, its authority is", principal=row.principal)
        )
    if row.valid_after and row.valid_before and row.valid_before <= row.valid_after:
        raise ValueError(msg("{principal}: the validity of a key ends after it begins", principal=row.principal))
    return f"{row.principal} {','.join(_options(row))} {found.text}"


def _options(row: AllowedSigner) -> Iterable[str]:
    if row.authority:
        yield "cert-authority"
    yield f'namespaces="{NAMESPACE}"'
    if row.valid_after:
        yield f'valid-after="{ssh_time(row.valid_after)}"'
    if row.valid_before:
        yield f'valid-before="{ssh_time(_last_second(row.valid_before))}"'


def _last_second(valid_before: datetime) -> datetime:
    """OpenSSH counts the second that ``valid-before`` names as valid; we do not."""
    return datetime.fromtimestamp(math.ceil(valid_before.timestamp()), UTC) - timedelta(seconds=1)
