"""Reads what was sent as a decision. Anybody may send anything from Temporal's own page: nothing may stop a run."""

from pydantic import ValidationError
from pydantic_core import to_json
from temporalio.exceptions import ApplicationError

from unrack.model.decision import Envelope
from unrack.model.errors import Category
from unrack.model.message import msg
from unrack.model.shortened import complaints


def envelope_of(given: tuple[object, ...]) -> Envelope:
    """The one decision in `given`, the arguments of a signal or an update.

    Raises:
        ApplicationError: there is not exactly one, or it is no decision; fields that do not fit are named, their values
            are not, since they may be secret.
    """
    if len(given) != 1:
        raise _invalid(msg("a decision is one argument, not {len}", len=len(given)))
    try:
        return Envelope.model_validate_json(to_json(given[0]))
    except ValidationError as error:
        raise _invalid(complaints(error)) from None
    except ValueError:
        raise _invalid(msg("it is not JSON")) from None


def _invalid(text: str) -> ApplicationError:
    return ApplicationError(
        msg("this is no decision: {text}", text=text), type=Category.INVALID.value, non_retryable=True
    )
