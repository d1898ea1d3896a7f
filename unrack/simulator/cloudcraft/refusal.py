"""How Cloudcraft says no."""

from unrack.simulator.vendor import Refused, Reply


def reply(status: int, message: str, code: str | None = None) -> Reply:
    """An error answer."""
    return Reply({"error": message} | ({"code": code} if code else {}), status=status)


def refused(status: int, message: str) -> Refused:
    """The call is refused."""
    return Refused(reply(status, message), message)
