# ---
# title: A new figure and a claim
# description: >-
#   A notebook: draw a figure that the text does not have, of the zigzag of
#   exact line search, state what it shows as a claim, and check the claim.
#   With exercises and answers.
# tags: [Gradient Descent, Convergence Analysis]
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Draw a new figure and check a claim
#
# The text has a fixed step, and counts
# [who zigzags](../pictures.md#figure-zigzag). What if every step goes exactly
# as far down as it can? On a quadratic
# $f(\theta) = \tfrac12 \theta^\top A \theta$ with gradient $g$ that is the
# step $\eta = g^\top g / g^\top A g$.

# %%
import numpy as np

from gdfigs import bounds
from gdfigs.claims.classes import QUADRATIC
from gdfigs.claims.core import Claim, ClaimError, check
from gdfigs.maths.path import Path
from gdfigs.maths.problems import bowl
from gdfigs.plots.picture import Picture, plotted
from gdfigs.plots.show import show
from gdfigs.plots.style import DESCENT_LOOK, FAINT, STAR_LOOK, canvas, style


def line_search(problem, start, steps):
    points, times = [problem.point(start)], [0.0]
    for _ in range(steps):
        g = problem.grad(points[-1])
        eta = g @ g / (g @ problem.A @ g) if g.any() else 0.0
        points.append(points[-1] - eta * g)
        times.append(times[-1] + eta)
    return Path(problem, np.array(times), np.array(points))


# %% [markdown]
# A figure is a function that returns a `Picture`. What it shows has a `gid`,
# so that tests can read it back, and a description for those who do not see
# it, with its numbers computed.


# %%
def zigzag(kappa=8.0, steps=10):
    problem = bowl(kappa)
    path = line_search(problem, [kappa, 1.0], steps)
    ratio = path.gap[1] / path.gap[0]
    x, y = np.linspace(-0.6, 8.8, 81), np.linspace(-1.5, 1.5, 61)
    f = problem.f(np.stack(np.meshgrid(x, y), axis=-1))
    with style():
        figure, (ax,) = canvas(180, left=44)
        levels = ax.contour(x, y, f, path.f[:5][::-1], colors=FAINT)
        levels.set_gid("levels")
        ax.plot(*path.x.T, gid="path", **DESCENT_LOOK)
        ax.plot(0, 0, gid="minimiser", **STAR_LOOK)
        ax.set(xlim=(-0.6, 8.8), ylim=(-1.5, 1.5), aspect="equal")
        ax.set(xlabel="$x$", ylabel="$y$", yticks=(-1, 0, 1))
    return Picture(
        figure,
        description=(
            f"A long valley with kappa = {kappa:g}. From ({kappa:g}, 1) the "
            f"path zigzags between two straight lines towards the minimum, "
            f"each leg at a right angle to the last and touching a level "
            f"line. The gap falls by {ratio:.2f} at every step."
        ),
        facts={"ratio": ratio},
    )


picture = zigzag()
show(picture, "Exact line search from its worst start")

# %% [markdown]
# The ratio looks like a number one could know. Here is a guess, as a claim:
# the gap falls at least by the square of the best fixed step's factor,
# $\left( \frac{\kappa - 1}{\kappa + 1} \right)^2$.


# %%
def measure(problem, theta0, u):
    gap = line_search(problem, theta0, 8).gap
    best = bounds.best_step(problem.L, problem.mu)
    rho = bounds.contraction(best, problem.L, problem.mu)
    large = gap[:-1] > 1e-6 * gap[0]  # below, it drowns in rounding
    yield gap[1:][large], rho**2 * gap[:-1][large]


claim = Claim(
    id="exact-line-search",
    page="lab/new-figure.py",
    relation="<=",
    over=QUADRATIC,
    measure=measure,
)
found = check(claim)
print(f"{found.cases} cases on {found.problems} problems hold;")
print(f"the closest to the bound has {found.worst:.3f} of it")

# %% [markdown]
# Random problems come near the bound and none passes it. That is
# evidence. The proof is Kantorovich's inequality.
#
# ## Exercises
#
# ### 1. Can it go red?
#
# A check that cannot fail proves nothing. Claim a little too much, and see.


# %% tags=["answer"]
def too_much(problem, theta0, u):
    for gap, bound in measure(problem, theta0, u):
        yield gap, 0.7 * bound


bold = Claim("too-much", "lab", "<=", QUADRATIC, too_much)
try:
    check(bold)
except ClaimError as fault:
    refuted = str(fault)
    print(refuted)

# %% [markdown] tags=["answer"]
# The message names the problem and both numbers.

# %% [markdown]
# ### 2. Is it tight?
#
# Show that the bound is met: `claim.attained("by what")` takes a function
# that yields pairs which must be equal.


# %% tags=["answer"]
@claim.attained("the bowls, from (kappa, 1)")
def worst_start():
    for kappa in (2.0, 10.0, 100.0):
        yield from measure(bowl(kappa), [kappa, 1.0], 0.5)


tight = check(claim)
print(f"worst ratio {tight.worst:.9f}, on {tight.where}")

# %% [markdown] tags=["answer"]
# So exact line search is, at its worst, as slow as the best fixed step. The
# fixed step has to know $L$ and $\mu$; the line search does not.

# %% [markdown]
# ### 3. At right angles
#
# The description says that each leg is at a right angle to the last. Read
# the path back from the picture, and check it.

# %% tags=["answer"]
drawn = plotted(picture)["path"]
legs = np.diff([drawn.x, drawn.y])
dots = (legs[:, 1:] * legs[:, :-1]).sum(axis=0)
cosines = dots / np.linalg.norm(legs, axis=0)[1:] ** 2
print(f"largest cosine between two legs: {np.abs(cosines).max():.0e}")

# %% [markdown] tags=["answer"]
# A step ends where the slope along it is 0, so the next gradient is
# orthogonal to it. The test judges what the reader sees: it reads the
# picture, not the path that went into it.

# %% [markdown]
# ### 4. Another start
#
# Start from $(\kappa, s)$ with $s$ from 0.01 to 100. Which ratios occur over
# the first twenty steps?

# %% tags=["answer"]
ratios = {}
for s in (0.01, 0.1, 1.0, 10.0, 100.0):
    gap = line_search(bowl(8.0), [8.0, s], 20).gap
    ratios[s] = (gap[1:] / gap[:-1]).max()
    print(f"s = {s:6.2f}: {ratios[s]:.3f} per step")

# %% [markdown] tags=["answer"]
# In the plane the ratio of one step is that of all. It is largest for
# $s = 1$, and other starts are luckier.
