"""The operator's command, for those who look for it beside ``worker.py``: the same as ``unrack``."""

from unrack.cli.app import main

if __name__ == "__main__":
    main()
