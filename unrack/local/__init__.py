"""An installation on one machine: the embedded server, the children, and their supervisor."""
