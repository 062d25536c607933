"""Gradient descent and gradient flow: problems, methods, bounds, and the figures drawn from them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdfigs.maths import bounds, flows, methods, path, problems
    from gdfigs.plots.picture import Picture

__version__ = "0.1.0"
__all__ = ["bounds", "figure", "flows", "methods", "path", "problems"]


def figure(name: str, /, **parameters: float) -> Picture:
    """Draws a figure of the text.

    A notebook shows the picture; `data` has what is drawn, `facts` the figure's numbers, and `save` writes a file.

    Args:
        name: The figure's name, as `gdfigs list` prints it.
        parameters: Those that differ from their defaults.

    Raises:
        InputError: There is no such figure or parameter, or a value lies outside its range.
    """
    from gdfigs.plots.registry import InputError, all_figures, nearest

    figures = all_figures()
    if name not in figures:
        raise InputError(f"no figure is named {name!r}{nearest(name, figures)}")
    return figures[name](**parameters)


if not TYPE_CHECKING:  # with it, mypy would take every misspelt attribute

    def __getattr__(name: str) -> Any:
        """Imports a module of `gdfigs.maths` when it is first used, so that `import gdfigs` costs nothing."""
        if name in __all__:
            return import_module(f"gdfigs.maths.{name}")
        raise AttributeError(f"module 'gdfigs' has no attribute {name!r}", name=name, obj=import_module(__name__))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
