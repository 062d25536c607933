#!/bin/sh
# Guess: with KernelManager.transport = "ipc" set by configuration, each kernel has sockets of its own, as with TCP each has
# ports of its own.
# Seen with jupyter_client 8.10.0: the address is worked out before the connection file has its name, so it is "kernel-ipc", in
# the working directory, for every manager. Two kernels at a time use the same files. A connection_file given to the
# constructor mends it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check jupyter_client==8.10.0
cat > "$work/try.py" <<'PYTHON'
from jupyter_client.manager import KernelManager
from traitlets.config import Config

configured = Config({"KernelManager": {"transport": "ipc"}})
managers = [KernelManager(config=configured) for _ in range(2)]
print("by configuration:", *(manager.ip for manager in managers))
named = [KernelManager(config=configured, connection_file=f"{name}.json") for name in "ab"]
print("with a connection file:", *(manager.ip for manager in named))
PYTHON
cd "$work"
"$work/venv/bin/python" try.py | tee output
printf 'by configuration: kernel-ipc kernel-ipc\nwith a connection file: a-ipc b-ipc\n' | cmp - output
