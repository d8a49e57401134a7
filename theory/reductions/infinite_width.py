"""Random initial recurrence at infinite width: the network on a free Fock space."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Float

from theory.architectures import FullRank
from theory.checks import count
from theory.initialisations import Gaussian
from theory.moments import Moments
from theory.objectives import WhiteNoise
from theory.problem import Problem
from theory.reductions.confinement import _flatten, _matrix_equations, _unflatten, weights_of
from theory.reductions.reduction import OrderParameter, Reduction, VectorField
from theory.time import Time

_DEEPEST = 7


def circular_operator(depth: int) -> np.ndarray:
    """The circular operator `l_1 + l_2^*` on the full Fock space of two letters, words up to a length.

    The creation operators put a letter before a word, `l_i w = i w`. In the vacuum state the moments of
    c and c^* are the large-N moments of a matrix with independent entries of variance 1/N and its
    transpose; words of length up to 2 `depth` are exact.

    Args:
        depth: longest word kept; the space has `2^(depth + 1) - 1` words, the empty one first.

    >>> c = circular_operator(3)
    >>> [float(word[0, 0]) for word in (c.T @ c, c @ c, c.T @ c @ c.T @ c)]
    [1.0, 0.0, 2.0]

    Source: D. Voiculescu, K. Dykema & A. Nica, Free Random Variables (1992), on circular elements.
    """
    words = [""]
    for length in range(depth):
        words += [letter + word for word in words if len(word) == length for letter in "12"]
    place = {word: i for i, word in enumerate(words)}
    operator = np.zeros((len(words), len(words)))
    for word, i in place.items():
        if "1" + word in place:
            operator[place["1" + word], i] = 1.0
        if "2" + word in place:
            operator[i, place["2" + word]] = 1.0
    return operator


class InfiniteWidth(Reduction):
    """The deterministic learning dynamics of an infinitely wide network with a random recurrence.

    As N grows, read-in and readout become orthogonal to each other and to every word in W(0), W(0)^T
    applied to the other; what remains are the moments of W(0), which is then a circular operator of free
    probability. Gradient flow uses nothing else, so the infinitely wide network moves as the network on
    p + q copies of a Fock space (one for each column of [U, V^T]) that starts from

        W(0) = w I + gain (l_1 + l_2^*),   U_i = input scale x vacuum_i,   V_j = readout scale x vacuum_{p + j}

    Words are kept up to length `depth`. From the third letter on each changes the loss by less than 2 gain^2
    of what the letter before did (measured for a leaky integrator of rate 0.2, gains 0.1 to 0.4, training
    times to 16: 0.02, 0.07, 0.15 and 0.25 of it).

    Assumptions: dense linear network, Gaussian initial weights, white-noise loss, gain up to about 0.4
    (above it more than 1e-3 of the loss would hang on words longer than 7). Networks of width N depart from it by
    O(1/sqrt(N)): fluctuations of the draw; its mean comes closer.

    It has no transverse growth rate: there is no subspace to leave. A random W(0) takes read-in and readout, word by
    word, to every direction of hidden space, so no unit is silent, and a saddle at which a network without W(0)
    stays for want of directions is left in the limit too, at the time the reduced equations give. What they leave out,
    words longer than `depth`, is bounded above. Only at gain 0 are units silent.

    Args:
        depth: longest word kept; None chooses it so that (2 gain^2)^depth is below 1e-3.

    Raises:
        ProblemError: a depth beyond 7 (its 510 units would cost more than the networks it predicts).

    Source: derived here; free probability as in the dynamical mean-field theory of arXiv 2503.18754.
    """

    depth: int | None
    name = "infinite width, free random recurrence"
    kind = "asymptotic"
    reference = "derived here; setting of arXiv 2503.18754; circular elements: Voiculescu, Dykema & Nica 1992"

    def __init__(self, depth: int | None = None):
        self.depth = (
            None
            if depth is None
            else count(depth, "depth", least=0, most=_DEEPEST, because="Its units double with each letter.")
        )

    def chosen_depth(self, problem: Problem) -> int:
        """The depth in use for a problem."""
        if self.depth is not None:
            return self.depth
        weight = 2 * problem.initialisation.recurrent_gain**2
        return 0 if weight == 0 else max(1, math.ceil(math.log(1e-3) / math.log(weight)))

    def obstacle(self, problem: Problem) -> str | None:
        """Another architecture, initialisation, objective or rule, or a gain too large to truncate."""
        if not isinstance(problem.architecture, FullRank):
            return f"the architecture is {problem.architecture}, not FullRank"
        if not isinstance(problem.initialisation, Gaussian):
            return f"the initialisation is {problem.initialisation}, not Gaussian"
        if not isinstance(problem.objective, WhiteNoise):
            return f"the objective is {problem.objective}, not white noise at all times"
        if not problem.learning_rule.rotation_invariant:
            return f"{problem.learning_rule} treats weights one by one"
        if not problem.learning_rule.exact_gradient:
            return f"{problem.learning_rule} takes no gradient of the loss, which moments give"
        gain = problem.initialisation.recurrent_gain
        if self.depth is None and (2 * gain**2 >= 1 or self.chosen_depth(problem) > _DEEPEST):
            return f"recurrent_gain = {gain:g} is too large to truncate the Fock space at depth {_DEEPEST}"
        return None

    def initial_weights(self, problem: Problem) -> dict:
        """The deterministic initial weights on the truncated Fock space."""
        copies = problem.teacher.inputs + problem.teacher.outputs
        operator = circular_operator(self.chosen_depth(problem))
        words = operator.shape[0]
        vacuum = np.zeros((words, 1))
        vacuum[0] = 1.0
        vectors = np.kron(np.eye(copies), vacuum)
        p, start = problem.teacher.inputs, problem.initialisation
        return {
            "recurrent": jnp.asarray(
                start.recurrent_identity * np.eye(copies * words)
                + start.recurrent_gain * np.kron(np.eye(copies), operator)
            ),
            "input": jnp.asarray(start.input * vectors[:, :p]),
            "readout": jnp.asarray(start.readout * vectors[:, p:].T),
        }

    def start(self, problem: Problem, width: int = 0, seed: int = 0) -> Float[Array, " state"]:
        """The flattened initial weights: the same for every draw."""
        return _flatten(self.initial_weights(problem))

    def silent_recurrence(self, problem: Problem) -> float | None:
        """That of the units beyond read-in and readout, without random recurrence; with it, none is silent."""
        quiet = problem.initialisation.recurrent_gain == 0
        return problem.initialisation.recurrent_identity if quiet else None

    def vector_field(self, problem: Problem) -> VectorField:
        """Minus the gradient of the Fock-space network."""
        teacher = problem.teacher
        return VectorField(_field(teacher.inputs, teacher.outputs, teacher.time), Moments(teacher))

    def named(self, problem: Problem):
        """Weights of the Fock-space network."""
        return weights_of(problem.teacher.inputs, problem.teacher.outputs)

    def network(self, problem: Problem, state) -> dict:
        """The Fock-space network."""
        return _unflatten(state, problem.teacher.inputs, problem.teacher.outputs)

    def dynamics(self, problem: Problem):
        """The matrix equations on the Fock space."""
        from theory.learning_dynamics import LearningDynamics

        words = 2 ** (self.chosen_depth(problem) + 1) - 1
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=(
                OrderParameter(sympy.Symbol("W"), "recurrence between words applied to read-in or readout"),
                OrderParameter(sympy.Symbol("U"), "read-in, one copy of the Fock space for each input"),
                OrderParameter(sympy.Symbol("V"), "readout, one copy for each output"),
            ),
            equations={},
            parameter_values={},
            loss=None,
            conserved=(),
            matrix_equations=_matrix_equations(problem),
            assumptions=(
                "dense linear network with a Gaussian random recurrence, as the width goes to infinity",
                f"words up to length {self.chosen_depth(problem)} ({words} for each copy)",
            ),
        )


@functools.lru_cache(maxsize=32)
def _field(inputs: int, outputs: int, time: Time):
    def function(state, moments):
        weights = _unflatten(state, inputs, outputs)
        matrices, pull_back = jax.vjp(lambda w: FullRank().matrices(w, time), weights)
        _, slope = moments.value_and_gradient(*matrices, time)
        return -_flatten(pull_back(slope)[0])

    return function
