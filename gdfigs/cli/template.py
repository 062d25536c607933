"""What ``gdfigs new`` writes: a figure to begin from. NAME, FUNCTION, CLASS, TITLE and PLACE are filled in."""

FIGURE_IMPORTS = """\
from typing import Annotated
import numpy as np
from gdfigs.maths import bounds
from gdfigs.plots.registry import Range, figure
from gdfigs.maths.methods import gradient_descent
from gdfigs.plots.picture import Picture
from gdfigs.maths.problems import bowl
from gdfigs.plots.style import BOUND_LOOK, DESCENT_LOOK, canvas
"""

FIGURE = '''\
@figure(page=PLACE)
def FUNCTION(
    eta: Annotated[float, Range(0, 0.2, "step size, below 2/L = 0.2", without=(0, 0.2))] = 0.1,
    steps: Annotated[int, Range(1, 100, "number of steps")] = 20,
) -> Picture:
    """Distance of descent from the minimiser of a bowl with mu = 1 and L = 10, and its bound."""
    problem = bowl(10.0, L=10.0)
    path = gradient_descent(problem, (1.0, 1.0), eta, steps)
    k, factor = np.arange(steps + 1), float(bounds.contraction(eta, problem.L, problem.mu))
    figure, (ax,) = canvas()
    ax.plot(k, path.distance[0] * factor**k, gid="bound", label="bound", **BOUND_LOOK)
    ax.plot(k, path.distance, gid="distance", label="descent", **DESCENT_LOOK)
    ax.set(xlim=(0, steps), ylim=(0, 1.5), xlabel="step $k$", ylabel="distance from the minimiser")
    ax.locator_params("x", integer=True)
    ax.legend(loc="upper right")
    return Picture(
        figure,
        description=(
            f"Dots that fall from {path.distance[0]:.3g} to {path.distance[-1]:.3g} in {steps} steps, each on or below "
            f"a dashed curve that falls by the factor {factor:.3g} a step."
        ),
        facts={"factor": factor, "last": float(path.distance[-1])},
    )
'''

TEST_IMPORTS = """\
import numpy as np
import pytest
from tests.shown import facts, shown
"""

TEST = """\
class CLASS:
    @pytest.mark.parametrize("eta", [0.02, 0.1, 0.19])
    def test_descent_is_that_of_the_two_components(self, eta: float) -> None:
        distance, k = shown("NAME", eta=eta)["distance"].y, np.arange(21)
        # Curvatures 1 and 10, both from 1; twenty products are rounded.
        np.testing.assert_allclose(distance, np.hypot((1 - eta) ** k, (1 - 10 * eta) ** k), rtol=1e-12)
        assert facts("NAME", eta=eta)["last"] == distance[-1]

    @pytest.mark.parametrize("eta", [0.02, 0.1, 0.19])
    def test_the_bound_falls_by_the_larger_factor_of_the_two(self, eta: float) -> None:
        bound, factor = shown("NAME", eta=eta)["bound"].y, facts("NAME", eta=eta)["factor"]
        assert factor == pytest.approx(max(abs(1 - eta), abs(1 - 10 * eta)), rel=1e-12)  # rounded once or twice
        np.testing.assert_allclose(bound, np.sqrt(2) * factor ** np.arange(21), rtol=1e-12)
"""

PAGE = """\
![TITLE](gdfigs:NAME)

/// figure-caption
Descent on a bowl: a step shortens the distance from the minimiser at least by the factor
[0.9](gdfigs:NAME#factor), and the dashed line says so.
///
"""
