# ---
# title: Play with the step size
# description: >-
#   A notebook: move the step of gradient descent on a bowl, watch the path,
#   count the steps, find the best one. With exercises and answers.
# tags: [Gradient Descent, Discrete Optimization]
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Play with the step size
#
# Gradient descent has one knob, the step size $\eta$. The text turns it in
# [a figure](../pictures.md#figure-descent-and-flow). Turn it yourself: change
# a number, run the cell, look.

# %%
import numpy as np

from gdfigs import bounds
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import bowl
from gdfigs.plots.picture import Picture
from gdfigs.plots.show import show
from gdfigs.plots.style import (
    DISCRETE,
    FAINT,
    MINIMISER,
    canvas,
    decades,
    style,
)

problem = bowl(kappa=10.0)
start = [10.0, 1.0]

# %% [markdown]
# The bowl is $f(x, y) = \tfrac12 (x^2/\kappa + y^2)$: its curvature is
# $L = 1$ across the valley and $\mu = 1/\kappa$ along it. This draws the
# path of descent on its level lines.


# %%
def draw_path(eta, steps=40):
    path = gradient_descent(problem, start, eta, steps, diverge=True)
    inside = (np.abs(path.x) < [11.5, 2.4]).all(axis=1)
    x, y = np.linspace(-11.5, 11.5, 81), np.linspace(-2.4, 2.4, 41)
    f = problem.f(np.stack(np.meshgrid(x, y), axis=-1))
    with style():
        figure, (ax,) = canvas(230, left=44)
        levels = ax.contour(x, y, f, levels=6, colors=FAINT, linewidths=0.8)
        levels.set_gid("levels")
        ax.plot(*path.x[inside].T, "o-", gid="path", lw=0.9, color=DISCRETE)
        ax.plot(0, 0, "*", gid="minimiser", ms=12, color=MINIMISER)
        ax.set(xlim=(-11.5, 11.5), ylim=(-2.4, 2.4), xlabel="$x$")
        ax.set(ylabel="$y$", yticks=range(-2, 3))
    return Picture(
        figure,
        description=(
            f"Level lines of a long valley, and {inside.sum()} points of "
            f"gradient descent from (10, 1) with step {eta:g}. The last of "
            f"{len(path) - 1} steps ends at distance "
            f"{path.distance[-1]:.2g} from the minimum at 0."
        ),
    )


show(draw_path(eta=1.7), "Descent with a long step")

# %% [markdown]
# It crosses the valley at every step, and still comes down. Try `eta=0.2`,
# `eta=1`, `eta=1.95`, `eta=2.05`.
#
# ## Count the steps
#
# How many steps until the gap $f(\theta_k) - f(\theta^\ast)$ is a millionth
# of what it was? Count them for many values of $\eta$.


# %%
def count(problem, start, eta, limit=5000):
    path = gradient_descent(problem, start, eta, limit, diverge=True)
    there = np.flatnonzero(path.gap <= 1e-6 * path.gap[0])
    return there[0] if len(there) else np.nan


etas = np.linspace(0.05, 1.99, 98)
steps = np.array([count(problem, start, eta) for eta in etas])
best = etas[steps.argmin()]

with style():
    figure, (ax,) = canvas(250)
    ax.semilogy(etas, steps, gid="steps", color=DISCRETE, marker=".")
    ax.axvline(best, gid="best", color=FAINT, zorder=0)
    ax.text(best - 0.03, 500, rf"$\eta = {best:.2f}$", ha="right")
    ax.set(xlim=(0, 2), ylim=(10, 2000), ylabel="steps needed")
    ax.set(xticks=[0, 0.5, 1, 1.5, 2])
    ax.set(xlabel=r"step size $\eta$, in units of $1/L$")
    decades(ax.yaxis)
show(
    Picture(
        figure,
        description=(
            "Steps needed against the step size, on a logarithmic scale: "
            f"{steps[0]:.0f} at eta = {etas[0]:.2f}, falling to "
            f"{steps.min():.0f} at {best:.2f}, then rising steeply to "
            f"{steps[-1]:.0f} at {etas[-1]:.2f}."
        ),
    ),
    "Steps needed against the step size",
)

# %% [markdown]
# Longer steps are better, until suddenly they are not.
#
# ## Exercises
#
# ### 1. The best step
#
# Compare the step that needs the fewest with the one that makes the
# [linear rate](../gradient-descent.md#linear-rate) best.

# %% tags=["answer"]
predicted = bounds.best_step(problem.L, problem.mu)
print(f"counted:   eta = {best:.2f}, {steps.min():.0f} steps")
print(f"predicted: eta = {predicted:.2f}")

# %% [markdown] tags=["answer"]
# The worst factor per step is
# $\max(\lvert 1 - \eta\mu \rvert, \lvert 1 - \eta L \rvert)$. It is least
# where the two are equal, at $\eta = 2/(L + \mu)$. A count is a whole
# number and depends on the start, so it need not agree to the last digit.

# %% [markdown]
# ### 2. Where the zigzag begins
#
# Count how often $y$ changes its sign. What is the smallest step at which
# it does?


# %% tags=["answer"]
def sign_changes(eta):
    y = gradient_descent(problem, start, eta, steps=20).x[:, 1]
    return np.sum(y[1:] * y[:-1] < 0)


zigzag_from = min(eta for eta in etas if sign_changes(eta) > 0)
print(f"the first of our steps that zigzags: eta = {zigzag_from:.2f}")

# %% [markdown] tags=["answer"]
# One step takes $y$ to $(1 - \eta L)\,y$, which has the other sign iff
# $\eta L > 1$. The shape of the valley, $\kappa$, has no part in it.

# %% [markdown]
# ### 3. A start that forgives
#
# Above $2/L$ descent diverges. Find a start from which it does not, and the
# largest step that this start allows.

# %% tags=["answer"]
on_the_axis = [10.0, 0.0]
reached = {}
for eta in (2.05, 10.0, 19.0, 21.0):
    path = gradient_descent(problem, on_the_axis, eta, 100, diverge=True)
    reached[eta] = path.distance[-1]
    print(f"eta = {eta:5.2f}: at distance {reached[eta]:.1e} after 100 steps")
print(f"the limit is 2/mu = {2 / problem.mu:g}")

# %% [markdown] tags=["answer"]
# On the axis $y = 0$ only the curvature $\mu$ is felt, and the limit is
# $2/\mu$. The smallest error in $y$ would grow and end it: such a start is
# an accident, not a method.

# %% [markdown]
# ### 4. A longer valley
#
# Make $\kappa$ ten times as large and take the best step for it. How many
# times as many steps are needed?

# %% tags=["answer"]
longer = bowl(kappa=100.0)
here = count(problem, start, bounds.best_step(problem.L, problem.mu))
there = count(longer, [100.0, 1.0], bounds.best_step(longer.L, longer.mu))
ratio = there / here
print(f"{here} steps, then {there}: {ratio:.1f} times as many")

# %% [markdown] tags=["answer"]
# The [number of steps](../gradient-descent.md#number-of-steps) grows like
# $\kappa$. Both starts are chosen so that the two modes begin with
# gradients of the same size.
