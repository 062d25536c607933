"""``python -m gdfigs``."""

from gdfigs.cli import main

if __name__ == "__main__":
    main()
