#!/bin/sh
# Guess: a logging handler that a program adds stays open until the program closes it.
# Seen with nbconvert 7.17.2 and traitlets 5.16.1: NbConvertApp().load_config_file(), which mkdocs-jupyter calls for each
# notebook, configures the log of the application through logging.config.dictConfig. That calls close() on every handler of
# the process. A handler that gives something up in close(), a file or its place on a logger, is silent from then on.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check nbconvert==7.17.2 traitlets==5.16.1
cat > "$work/try.py" <<'PYTHON'
import logging

class Counting(logging.Handler):
    closed = 0

    def emit(self, record):
        pass

    def close(self):
        self.closed += 1
        super().close()

handler = Counting()
logging.getLogger("mine").addHandler(handler)
print("closed before:", handler.closed)
from nbconvert.nbconvertapp import NbConvertApp

NbConvertApp().load_config_file()
print("closed after:", handler.closed)
PYTHON
"$work/venv/bin/python" "$work/try.py" | tee "$work/output"
printf 'closed before: 0\nclosed after: 1\n' | cmp - "$work/output"
