"""How a WHMCS says no: its own words, mostly with status 200."""

from unrack.simulator.vendor import Refused, Reply


def says(message: str, status: int = 200) -> Refused:
    """The call is refused, in WHMCS's own words."""
    return Refused(Reply({"result": "error", "message": message}, status=status), message)


def no_such_page() -> Refused:
    """404: its web server has nothing there."""
    return Refused(Reply(b"<h1>404 Not Found</h1>", status=404, media_type="text/html"), "no such page")
