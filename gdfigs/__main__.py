"""``python -m gdfigs``."""

import sys

from gdfigs.cli import main

if __name__ == "__main__":
    sys.exit(main())
