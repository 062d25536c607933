# ---
# title: Measure a rate
# description: >-
#   A notebook: run gradient descent on a logistic regression, fit the slope
#   of its gap, and compare with the theorem and with the flow. With
#   exercises and answers.
# tags: [Gradient Descent, Convergence Analysis]
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Measure a rate and fit its slope
#
# A theorem gives the rate of the worst function, and
# [a figure](../gradient-descent.md#figure-strongly-convex-rate) shows it.
# What is the rate of yours? Plot the gap on a logarithmic scale and fit a
# line.

# %%
import numpy as np

from gdfigs import bounds
from gdfigs.maths.flows import gradient_flow
from gdfigs.maths.methods import gradient_descent
from gdfigs.maths.problems import bowl, huber, logistic
from gdfigs.plots.picture import Picture
from gdfigs.plots.show import show
from gdfigs.plots.style import (
    BOUND,
    CONTINUOUS,
    DISCRETE,
    canvas,
    decades,
    style,
)

problem = logistic(dim=3, ridge=0.05)
start = [-3.0, 4.0, 0.0]
eta = 1 / problem.L
path = gradient_descent(problem, start, eta, steps=80)

# %% [markdown]
# If the gap falls by a factor $c$ per step, $f(\theta_k) - f(\theta^\ast)
# \approx a \, c^k$, then its logarithm is a line of slope $\log c$.


# %%
def factor_per_step(gap, first, last):
    """e to the slope of the line that fits log(gap) best."""
    k = np.arange(first, last)
    slope, _ = np.polyfit(k, np.log(gap[first:last]), 1)
    return np.exp(slope)


measured = factor_per_step(path.gap, 50, 80)
worst = bounds.contraction(eta, problem.L, problem.mu) ** 2
print(f"measured {measured:.3f} per step, at worst {worst:.3f}")

# %%
k = np.arange(len(path))
fitted = path.gap[50] * measured ** (k - 50.0)
bound = path.gap[0] * bounds.gd_strongly_convex(k, eta, problem.L, problem.mu)
with style():
    figure, (ax,) = canvas(270)
    ax.semilogy(
        k, bound, gid="bound", label="worst case", ls="--", color=BOUND
    )
    ax.semilogy(k, fitted, gid="fit", color=CONTINUOUS, label="fitted line")
    ax.semilogy(k, path.gap, ".", gid="gap", color=DISCRETE, label="descent")
    ax.set(xlim=(0, 80), ylim=(1e-12, 10), xlabel="step $k$")
    ax.set(ylabel=r"gap $f(\theta_k) - f(\theta^*)$")
    decades(ax.yaxis, every=3)
    ax.legend(loc="lower left")
show(
    Picture(
        figure,
        description=(
            f"The gap over {len(path) - 1} steps, on a logarithmic scale. "
            f"It soon falls along a straight line, by the factor "
            f"{measured:.2f} per step, and stays below the worst case, "
            f"which falls by {worst:.2f} per step."
        ),
    ),
    "The gap, the fitted line and the worst case",
)

# %% [markdown]
# The dots bend at first, then follow the line, faster than the theorem has
# to promise.
#
# ## Exercises
#
# ### 1. Where the rate comes from
#
# Near the minimiser $f$ is almost a quadratic. Compute the rate from the
# eigenvalues of $\nabla^2 f(\theta^\ast)$, and compare it with the slope.

# %% tags=["answer"]
spectrum = np.linalg.eigvalsh(problem.hess(problem.solution))
predicted = np.max(np.abs(1 - eta * spectrum)) ** 2
print(f"predicted {predicted:.3f}, measured {measured:.3f} per step")

# %% [markdown] tags=["answer"]
# The error in each eigenvector is multiplied by $1 - \eta\lambda$, and the
# slowest is left in the end; the gap goes with its square. The theorem
# allows for a curvature as small as $\mu$, which this function has only far
# out.

# %% [markdown]
# ### 2. Too early, too late
#
# Fit the first five steps, then the last twenty of a run of 200. Why is
# neither the rate?

# %% tags=["answer"]
gap = gradient_descent(problem, start, eta, steps=200).gap
early = factor_per_step(gap, 0, 5)
late = np.sum(gap[-20:] < 1e-15)
print(f"the first five: {early:.2f} per step")
print(f"of the last twenty gaps, {late} are below 1e-15")

# %% [markdown] tags=["answer"]
# Early on the curvature is another one, and the fast modes are still there.
# Late there is nothing left but the rounding of $f$: fit where the line is.

# %% [markdown]
# ### 3. A rate that is a power
#
# Without strong convexity there is no factor per step. For each $k$ take
# the [worst Huber function](../gradient-descent.md#convex-rate-exact),
# measure the gap after $k$ steps, and fit the power of $k$.

# %% tags=["answer"]
counts = np.array([10, 20, 40, 80, 160, 320])
gaps = []
for n in counts:
    hardest = huber(bounds.worst_huber_slope(n, L=1.0, R=1.0))
    gaps.append(gradient_descent(hardest, 1.0, 1.0, n).gap[-1])
power, _ = np.polyfit(np.log(counts), np.log(gaps), 1)
print(f"the gap falls like k to the power {power:.2f}")

# %% [markdown] tags=["answer"]
# The exact worst case is $L R^2 / (4k + 2)$: power $-1$ in the limit, and a
# little less steep while the 2 counts.

# %% [markdown]
# ### 4. The error against the flow
#
# Halve the step again and again, and measure the
# [global error](../flow-to-descent.md#global-error): how far descent is from
# the flow at the time $t = 1$. What is the slope, on two logarithmic scales?

# %% tags=["answer"]
valley = bowl(kappa=10.0)
flow = gradient_flow(valley, [1.0, 1.0], [1.0]).x[0]
etas = 2.0 ** -np.arange(3, 10)
apart = []
for step in etas:
    descent = gradient_descent(valley, [1.0, 1.0], step, round(1 / step))
    apart.append(np.linalg.norm(descent.x[-1] - flow))
order, _ = np.polyfit(np.log(etas), np.log(apart), 1)
print(f"slope {order:.2f}")

# %% [markdown] tags=["answer"]
# Slope 1: half the step, half the error. Euler's method is of order one.
