# ---
# title: Your own method
# description: >-
#   A notebook: write a method, draw its region of stability, and find the
#   longest step that it allows. Runge-Kutta, implicit and stabilised methods
#   in the exercises, with answers.
# tags: [Gradient Flow, Discrete Optimization]
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # The stability region of your own method
#
# Gradient descent is Euler's method on the gradient flow. Any other method
# for $\theta' = G(\theta)$, with $G = -\nabla f$, is a way downhill, too. The
# text draws [two regions](../flow-to-descent.md#figure-stability-regions).
# Write a method, and see which steps it survives.

# %%
import numpy as np

from gdfigs.maths.problems import bowl
from gdfigs.plots.picture import Picture
from gdfigs.plots.show import show
from gdfigs.plots.style import CONTINUOUS, DISCRETE, FAINT, canvas, style


def euler(G, theta, eta):
    return theta + eta * G(theta)


def yours(G, theta, eta):
    half = theta + eta / 2 * G(theta)
    return theta + eta * G(half)


# %% [markdown]
# On $\theta' = -\lambda\theta$ a step multiplies by a number that depends on
# $z = -\eta\lambda$ alone. To find it, take one step of length 1, from 1, on
# $\theta' = z\theta$. Where it is at most 1 in size the method is stable.


# %%
def factor(method, z):
    return method(lambda theta: z * theta, np.ones_like(z), 1.0)


def limit(method, furthest=100.0):
    """Where on the negative real axis the method stops being stable."""
    z = -np.linspace(0, furthest, 100_001)
    unstable = np.abs(factor(method, z)) > 1 + 1e-9
    return z[unstable.argmax() - 1] if unstable.any() else -np.inf


print(f"Euler: {limit(euler):.2f}, yours: {limit(yours):.2f}")


# %%
def draw_regions(one, other):
    x, y = np.linspace(-3.5, 1, 91), np.linspace(-2.5, 2.5, 101)
    z = x + 1j * y[:, None]
    looks = {"colors": DISCRETE}, {"colors": CONTINUOUS, "linestyles": "--"}
    with style():
        figure, (ax,) = canvas(300, left=44)
        ax.axhline(0, color=FAINT, lw=0.8)
        ax.axvline(0, color=FAINT, lw=0.8)
        for method, look in zip((one, other), looks, strict=True):
            size = np.abs(factor(method, z))
            edge = ax.contour(x, y, size, levels=[1], **look)
            edge.set_gid(method.__name__)
            ax.plot([], [], look.get("linestyles", "-"), color=look["colors"])
        ax.set(xlim=(-3.5, 1), ylim=(-2.5, 2.5), aspect="equal")
        ax.set(xlabel="real part of $z$", ylabel="imaginary part")
        ax.legend(ax.lines[2:], [one.__name__, other.__name__])
    return Picture(
        figure,
        description=(
            "The complex plane. Each method is stable inside a closed curve "
            "that touches 0 from the left and meets the negative real axis "
            f"again, {one.__name__} at {limit(one):.2f} and "
            f"{other.__name__} at {limit(other):.2f}."
        ),
    )


show(draw_regions(euler, yours), "Where two methods are stable")

# %% [markdown]
# A second gradient has bought a taller region, and accuracy. It has bought
# nothing on the real axis, where the eigenvalues of a minimum lie: the
# longest stable step is still $2/L$.
#
# ## Exercises
#
# ### 1. Four gradients
#
# Write the classical method of Runge and Kutta. How long a step does it
# allow, and how long for each gradient that it takes?


# %% tags=["answer"]
def runge_kutta(G, theta, eta):
    a = G(theta)
    b = G(theta + eta / 2 * a)
    c = G(theta + eta / 2 * b)
    d = G(theta + eta * c)
    return theta + eta / 6 * (a + 2 * b + 2 * c + d)


longest = -limit(runge_kutta)
print(f"{longest:.3f} / L, which is {longest / 4:.2f} / L for a gradient")

# %% [markdown] tags=["answer"]
# For each gradient that is less than Euler's 2. Accuracy pays for those who
# want the whole curve, not for those who only want its end.

# %% [markdown]
# ### 2. Implicit methods
#
# Backward Euler solves $\theta_{k+1} = \theta_k + \eta G(\theta_{k+1})$, the
# trapezoidal rule takes the mean of $G$ at both ends. Where $G$ is a
# multiple of $\theta$ one can solve by hand. How long a step do they allow,
# and what do they make of $z = -1000$?


# %% tags=["answer"]
def backward_euler(G, theta, eta):
    z = eta * G(theta) / theta
    return theta / (1 - z)


def trapezoidal(G, theta, eta):
    z = eta * G(theta) / theta
    return theta * (1 + z / 2) / (1 - z / 2)


far = {}
for method in (backward_euler, trapezoidal):
    far[method.__name__] = factor(method, np.array([-1000.0]))[0]
    print(f"{method.__name__}: limit {limit(method)}, ", end="")
    print(f"factor {far[method.__name__]:.3f} at z = -1000")

# %% [markdown] tags=["answer"]
# Both are stable for every step. Backward Euler also wipes out what is far
# to the left, while the trapezoidal rule turns it around again and again.

# %% [markdown]
# ### 3. The longest step for two gradients
#
# In `yours` replace the half by another fraction $c$. Which one allows the
# longest step?


# %% tags=["answer"]
def with_fraction(c):
    return lambda G, theta, eta: theta + eta * G(theta + eta * c * G(theta))


fractions = np.array([1 / 2, 1 / 4, 1 / 6, 1 / 8, 1 / 9, 1 / 12])
limits = np.array([limit(with_fraction(c)) for c in fractions])
for c, where in zip(fractions, limits, strict=True):
    print(f"c = {c:.3f}: {where:.2f}")

# %% [markdown] tags=["answer"]
# The factor is $1 + z + c z^2$. For $c \ge 1/8$ it is never below $-1$ and
# reaches 1 again at $z = -1/c$; for a smaller $c$ it dips below $-1$ before.
# At $c = 1/8$ the step may be $8/L$: two gradients, four times as long. It
# is a Chebyshev polynomial, $T_2(1 + z/4)$, and with $n$ gradients
# $T_n(1 + z/n^2)$ allows $2n^2/L$.

# %% [markdown]
# ### 4. Does it hold?
#
# Descend on a bowl with the method just found, with a step just below the
# limit and one just above.

# %% tags=["answer"]
valley, stabilised = bowl(kappa=10.0), with_fraction(1 / 8)
ends = {}
for eta in (7.9 / valley.L, 8.1 / valley.L):
    theta = np.array([10.0, 1.0])
    for _ in range(100):
        theta = stabilised(lambda x: -valley.grad(x), theta, eta)
    ends[eta] = np.linalg.norm(theta)
    print(f"eta = {eta:.1f}: at distance {ends[eta]:.1e} after 100 steps")

# %% [markdown] tags=["answer"]
# It holds. On another function a mode with $\eta\lambda = 4$ would not decay
# at all, since there the polynomial is $-1$: methods of this kind give up a
# little of the length to stay below 1.
