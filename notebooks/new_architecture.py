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
# # A new architecture in twenty lines
#
# You have an idea for a recurrent unit. What will networks of it believe first, how fast do they learn slow
# memories, what step size can they take? Here is one: an *input gate*. A unit's gate $\sigma(w)$ sets how fast it
# leaks and, by the same factor, how much input it takes in, so that it always averages its input:
# $\dot h = \sigma(w)\,(-h + u\,x)$. Gated networks do that; nobody seems to have asked what it does to learning.

# %%
import matplotlib.pyplot as plt
import numpy as np

from numerics import simulate
from theory import Problem, derive, initialisations, learning_rules, objectives, reductions, teachers
from theory.architectures import Architecture, Diagonal, Weight
from theory.errors import NotDerivableError
from theory.metric import mode_metric
from theory.namespace import namespace
from theory.plateaus_met import plateaus_met

# %% [markdown]
# The architecture is the map from weights to the matrices of a linear system. That is all anything needs.


# %%
class InputGate(Architecture):
    version = 1  # results are filed under it: raise it when the code changes

    def weights(self, width, inputs, outputs):
        return {
            "recurrent": Weight((width,), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights, time):
        functions = namespace(weights["recurrent"])  # for arrays and for symbols
        gate = functions.reciprocal(functions.plus(functions.exp(-weights["recurrent"]), 1))
        return -functions.diag(gate), functions.scaled_rows(gate, weights["input"]), weights["readout"]


# %%
def learning(architecture, teacher, scale=0.1):
    return Problem(
        teacher,
        architecture,
        initialisations.Gaussian(scale, scale),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


problem = learning(InputGate(), teachers.leaky_integrator(0.2))
try:
    derive(problem)
except NotDerivableError as refusal:
    print(refusal)

# %% [markdown]
# No closed reduction applies to a population of such units, and the toolkit says why. What it offers instead follows
# from the map: the equations of one unit, by SymPy, ...

# %%
one = derive(problem, reductions.WholeNetwork(1))
one

# %% [markdown]
# ... and the *metric*: in function space all architectures descend the same loss, and differ only in how far poles and
# residues move for it. At the solution, gate against plain diagonal unit:

# %%
solution = {"recurrent": np.log([0.2 / 0.8]), "input": np.array([[5**0.5]]), "readout": np.array([[5**0.5]])}
plain = {"recurrent": np.array([0.8]), "input": np.ones((1, 1)), "readout": np.ones((1, 1))}
for name, architecture, weights in (("gate", InputGate(), solution), ("plain", Diagonal(), plain)):
    found = mode_metric(learning(architecture, problem.teacher), weights)
    print(name, "pole", found.poles.real, "residue", found.residues.real, "metric", found.metric.real.round(3).tolist())

# %% [markdown]
# The gate couples pole and residue: a slower leak takes in less. Its plateaus, and the rates at which they are left,
# on a target of two modes; a gate's own start is $\sigma(0) = 1/2$, where a silent unit listens:

# %%
two = learning(InputGate(), teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5]), 1e-2)
for plateau in plateaus_met(two, units=1, training_time=150.0, draws=1):
    print(f"loss {plateau.loss:.5f}, poles {plateau.poles.real.round(4)}, left at rate {plateau.escape_rate:.4f}")

# %% [markdown]
# ## Prediction and validation
#
# The prediction for one unit is an ordinary differential equation of three numbers. The networks are trained in JAX,
# with a step size below the stability limit that the prediction implies.

# %%
end = 25.0
limit = problem.learning_rule.largest_step(one.largest_curvature(end, width=1))
print(f"stability limit: a Runge-Kutta step of {limit:.2f}")
networks = simulate(problem, width=1, seeds=3, training_time=end, records=26, step_size=limit / 8, progress=False)
gaps = []
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.6), layout="constrained")
for seed in range(3):
    path = one.solve(end, width=1, seed=seed, records=26)
    left.plot(path.training_time, path.loss, color="#0072B2", lw=0.8)
    right.plot(path.training_time, -path.pole.real, color="#D55E00", lw=0.8)
    left.plot(networks.training_time, networks.loss[seed], "o", ms=3, mfc="white", color="#0072B2")
    right.plot(networks.training_time, -networks.pole[seed].real, "o", ms=3, mfc="white", color="#D55E00")
    gaps.append(float(np.abs(networks.loss[seed] - path.loss).max()))
right.axhline(0.2, color="0.7", lw=0.8, zorder=0)
left.set(xlabel="training time", ylabel="population loss")
right.set(xlabel="training time", ylabel="rate of the learned memory")
plt.show()
print(f"largest difference in loss over networks and times: {max(gaps):.1e}")
assert max(gaps) < 1e-5  # Runge-Kutta's error at an eighth of the limit
