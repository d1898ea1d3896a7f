"""The bytes that are signed: a statement as RFC 8785 JSON, which anybody can write anew with other tools."""

import rfc8785

from unrack.model.errors import Category, Problem, UnrackError
from unrack.model.message import msg
from unrack.model.statement import MOST_MANIFEST, MOST_SIGNED, Manifest, Signable


def canonical(statement: Signable) -> bytes:
    """The bytes of `statement` to sign. Keep them: whoever verifies takes them as they are.

    Raises:
        UnrackError: it is larger than anybody reads, or holds a number that JSON cannot say exactly.
    """
    try:
        signed = rfc8785.dumps(statement.model_dump(mode="json"))
    except rfc8785.CanonicalizationError as error:
        raise _unsignable(msg("this cannot be signed: {error}", error=error)) from error
    most = MOST_MANIFEST if isinstance(statement, Manifest) else MOST_SIGNED
    if len(signed) > most:
        raise _unsignable(msg("this has {size} bytes, and at most {most} are signed", size=len(signed), most=most))
    return signed


def _unsignable(message: str) -> UnrackError:
    suggestion = msg("Shorten the fields and the reason, or give the long part as evidence.")
    return UnrackError(Problem(category=Category.INVALID, message=message, suggestion=suggestion))
