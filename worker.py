"""The worker, for those who look for it beside ``starter.py``: the same as ``python -m unrack.worker``."""

import sys

from unrack.worker import main

if __name__ == "__main__":
    sys.exit(main())
