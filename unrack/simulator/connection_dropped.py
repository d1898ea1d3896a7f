"""The order to cut a connection, as a failing network does."""


class ConnectionDropped(Exception):  # noqa: N818  # an order to the server, not an error
    """The connection is to be cut without an answer."""
