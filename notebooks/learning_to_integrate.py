# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Learning to integrate
#
# You recorded a circuit that holds a memory: its activity decays slowly, or not at all. You fit a recurrent
# network to it, look at the eigenvalues of the fitted weights, and find one near the edge of stability.
# *A line attractor.* Should you believe it, and what did training do to get there?
#
# This notebook takes the simplest case that can be solved exactly, and solves it: a linear network with
# hundreds of units learns to imitate a leaky integrator, a single memory that decays as $e^{-c_* t}$.

# %%
import matplotlib.pyplot as plt
import numpy as np

from numerics import simulate
from theory import (
    Problem,
    architectures,
    derive,
    initialisations,
    learning_rules,
    objectives,
    reductions,
    teachers,
)

# %% [markdown]
# ## The question, spelled out
#
# A *problem* says who learns what: a teacher, an architecture, how the weights start, what "imitates" means,
# and how the weights move. Printing it shows every convention.

# %%
problem = Problem(
    teacher=teachers.leaky_integrator(rate=0.2),
    architecture=architectures.FullRank(),
    initialisation=initialisations.Gaussian(input=1e-2, readout=1e-2, recurrent_gain=0.0),
    objective=objectives.WhiteNoise(),
    learning_rule=learning_rules.GradientFlow(),
)
print(problem)

# %% [markdown]
# ## Theory: a network of any width moves like one of two units
#
# Training changes all $N^2$ recurrent weights, but it only ever moves the network within the two directions
# in which it started to listen and to speak: read-in and readout. The rest of the network never joins.

# %%
dynamics = derive(problem)
print(dynamics)

# %% [markdown]
# Once read-in and readout have aligned, two numbers are left: the *rate* $c$ of the learned memory, and its
# weight, the *residue* $a$. SymPy derives their equations:

# %%
plane = derive(problem, reductions.AlignedPole())
plane

# %%
(solution,) = plane.fixed_points()
rates = plane.linearise(solution)
print("the only solution:", solution)
print("how stiff learning is there:", float(rates.condition_number.subs(plane.parameter_values)))
print("how fast small weights grow:", plane.growth_rate("a", {"c": 1, "delta": 0}))

# %% [markdown]
# There is one solution, the true memory: this network has no false attractors to fall for. But it is stiff:
# the slower the memory, the more so ($1/2c_*^2$).
#
# ## Networks: is it true?
#
# Train eight networks, in all their weights, and put them on top of the prediction *for each of them*.

# %%
networks = simulate(problem, width=32, seeds=8, training_time=15.0, records=61)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
for seed in range(8):
    path = dynamics.solve(training_time=15.0, width=32, seed=seed, records=241)
    left.plot(path.training_time, path.loss, color="#0072B2", lw=0.8)
    right.plot(path.training_time, -path.pole.real.where(path.pole_valid), color="#D55E00", lw=0.8)
    one = networks.isel(seed=seed, training_time=slice(None, None, 4))
    left.plot(one.training_time, one.loss, "o", ms=3, mfc="white", color="#0072B2")
    right.plot(
        one.training_time, -one.pole.real.where(one.pole_valid), "o", ms=3, mfc="white", color="#D55E00"
    )
right.axhline(0.2, color="0.7", lw=0.8, zorder=0)
left.set(xlabel="training time", ylabel="population loss")
right.set(xlabel="training time", ylabel="rate of the learned memory")
plt.show()

# %% [markdown]
# Lines are theory, dots are networks; nothing was fitted. Draws differ only in *when* they start to learn.
# How far apart are prediction and network?

# %%
gaps = [
    float(np.abs(networks.loss[seed] - dynamics.solve(15.0, 32, seed, records=61).loss).max())
    for seed in range(8)
]
print(f"largest difference in loss over all networks and times: {max(gaps):.1e}")

# %% [markdown]
# ## What this says about a fitted network
#
# * **A network stopped early reports a memory that is too short.** The eigenvalue leaves the leak and creeps
#   towards the truth; where it is when training stops depends on the clock as much as on the circuit.

# %%
path = dynamics.solve(training_time=15.0, width=32, seed=0, records=151)
for time in (5.0, 6.0, 7.0, 8.0, 12.0):
    now = path.sel(training_time=time, method="nearest")
    print(f"stopped at {time:4.1f}: memory of {-1 / float(now.pole[0].real):.2f} time constants (truth: 5)")

# %% [markdown]
# * **Smaller initial weights wait longer**, by $(1 + c_*)$ for every factor of $e$, and then learn the same thing.
# * **Width does not matter** for a dense network: only the overlap of the initial read-in and readout does.
#
# With a random recurrence to start from, single networks scatter, and theory predicts the infinitely wide
# one. That, and the ledger of claims with their controls, is what `attractory validate` checks.
