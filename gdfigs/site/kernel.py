"""The kernels that execute notebooks: sockets in place of ports, and no kernel of whoever builds."""

import os
import subprocess
import uuid
from typing import Any, ClassVar
from weakref import WeakSet

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager


class SocketKernelManager(AsyncKernelManager):
    """Keeps a kernel's sockets in Jupyter's runtime folder, under a short name of its own.

    Jupyter would call all of them kernel-ipc, in the working directory, where several at once disturb each other.
    """

    started: ClassVar["WeakSet[SocketKernelManager]"] = WeakSet()

    def __init__(self, **settings: Any) -> None:
        file = f"{os.environ['JUPYTER_RUNTIME_DIR']}/{uuid.uuid4().hex[:8]}.json"
        specs = KernelSpecManager(kernel_dirs=[])
        super().__init__(transport="ipc", connection_file=file, kernel_spec_manager=specs, **settings)
        self.started.add(self)

    async def start_kernel(self, **settings: Any) -> None:  # type: ignore[override]  # typed there as for threads
        """Starts a kernel without the console: one that is ended during a cell may print a traceback of its own."""
        await super().start_kernel(**settings, stderr=subprocess.DEVNULL)


def end_kernels() -> None:
    """Kills the kernels that still execute a cell, for a build that is interrupted; nbclient sees that and ends."""
    for manager in list(SocketKernelManager.started):
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            process.kill()
