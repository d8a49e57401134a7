"""Infinite width: the free Fock space against random matrices, and trained networks' approach to it."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.integrator_outlier import integrator_problem
from theory import derive
from theory.errors import NotDerivableError, ProblemError
from theory.flow import flow
from theory.initialisations import Gaussian
from theory.moments import Moments
from theory.reductions import Confinement, InfiniteWidth
from theory.reductions.infinite_width import circular_operator

GAIN, SCALE, TIME, RECORDS = 0.3, 0.1, 10.0, 21


def problem(gain=GAIN):
    return dataclasses.replace(
        integrator_problem(0.4, SCALE), initialisation=Gaussian(SCALE, SCALE, gain)
    )


@functools.cache
def limit(depth, gain=GAIN):
    return derive(problem(gain), InfiniteWidth(depth)).solve(TIME, records=RECORDS).loss.values


class TestCircularOperator:
    def test_even_moments_of_its_modulus_are_catalan_numbers(self):
        operator = circular_operator(4)
        square, power = operator.T @ operator, np.eye(operator.shape[0])
        for k in range(5):
            catalan = math.comb(2 * k, k) // (k + 1)
            assert power[0, 0] == catalan
            power = power @ square

    @pytest.mark.parametrize("word", ["ct", "cctt", "ctct", "cttc", "ccctcttt", "ccc", "cttctc"])
    def test_mixed_moments_are_those_of_a_large_random_matrix(self, word):
        """Trace of a word in W and W^T, entries of variance 1/N: N = 1500 knows it to some 1/N."""
        operator = circular_operator(4)
        random = np.random.default_rng(0).normal(size=(1500, 1500)) / np.sqrt(1500)
        expected, found = np.eye(operator.shape[0])[:, :1], np.random.default_rng(1).normal(size=(1500, 1))
        probe = found / np.linalg.norm(found)
        vector = probe
        for letter in reversed(word):
            expected = (operator if letter == "c" else operator.T) @ expected
            vector = (random if letter == "c" else random.T) @ vector
        # a random probe has quadratic forms of spread sqrt(2 m_2 / N), m_2 the second moment, below 50
        assert float(probe[:, 0] @ vector[:, 0]) == pytest.approx(expected[0, 0], abs=4 * np.sqrt(100 / 1500))
        assert expected[0, 0] == round(expected[0, 0])

    def test_words_that_do_not_pair_vanish(self):
        operator = circular_operator(3)
        assert (operator @ operator)[0, 0] == (operator @ operator @ operator.T)[0, 0] == 0.0


def gradient_flow_of(weights: list[dict], question) -> np.ndarray:
    """Losses of full networks, integrated adaptively: (network, record)."""
    moments = Moments(question.teacher)
    names = ("recurrent", "input", "readout")
    shapes = [weights[0][name].shape for name in names]
    ends = np.cumsum([math.prod(shape) for shape in shapes])

    def matrices(state):
        parts = jnp.split(state, ends[:-1])
        own = dict(zip(names, (p.reshape(s) for p, s in zip(parts, shapes, strict=True)), strict=True))
        return question.architecture.matrices(own, question.teacher.time)

    def velocity(state, moments):
        slopes = moments.value_and_gradient(*matrices(state))[1]
        return -jnp.concatenate([slope.reshape(-1) for slope in slopes])

    from theory.reductions.reduction import VectorField

    field, times = VectorField(velocity, moments), jnp.linspace(0.0, TIME, RECORDS)
    loss = jax.jit(jax.vmap(lambda state: moments.value_and_gradient(*matrices(state))[0]))
    curves = []
    for own in weights:
        start = jnp.concatenate([own[name].reshape(-1) for name in names])
        curves.append(loss(flow(field, start, times, 1e-7)))
    return np.asarray(curves)


class TestAgainstNetworks:
    @pytest.mark.full
    @pytest.mark.usefixtures("optimised")
    def test_networks_approach_the_limit_and_not_its_rival(self):
        """Mean over draws: closer at larger width, and away from the theory that forgets W(0)."""
        question, expected = problem(), limit(3)
        rival = derive(problem(0.0), Confinement()).solve_from(
            Confinement().start_from_gram(problem(0.0), SCALE**2 * np.eye(2)), TIME, RECORDS
        )
        spreads, gaps = [], []
        for width, seeds in ((16, 16), (64, 16)):
            curves = gradient_flow_of([question.draw(width, seed) for seed in range(seeds)], question)
            errors = np.abs(curves.mean(axis=0) - expected) / (curves.std(axis=0, ddof=1) + 1e-3)
            spreads.append(np.abs(curves - expected).max(axis=1).mean())
            gaps.append(errors.max() * np.sqrt(seeds))
        # four times the width halves what a network departs; 16 networks know it to a fifth
        assert spreads[0] / spreads[1] == pytest.approx(2.0, abs=0.8)
        # the mean of 16 agrees with the limit to its own uncertainty; the maximum of 21 of them
        assert gaps[1] < 4.0
        forgetful = np.abs(curves.mean(axis=0) - rival.loss.values).max()
        assert forgetful > 3 * np.abs(curves.mean(axis=0) - expected).max()

    def test_without_recurrence_it_is_exact_confinement_with_orthogonal_vectors(self):
        question = problem(0.0)
        start = Confinement().start_from_gram(question, SCALE**2 * np.eye(2))
        expected = derive(question, Confinement()).solve_from(start, TIME, RECORDS).loss.values
        np.testing.assert_allclose(limit(0, 0.0), expected, atol=1e-10)


class TestTruncation:
    @pytest.mark.full
    def test_each_letter_adds_less(self):
        curves = [limit(depth) for depth in (1, 2, 3)]
        steps = [np.abs(b - a).max() for a, b in zip(curves[:-1], curves[1:], strict=True)]
        assert np.all(np.diff(np.log(steps)) < np.log(1 / 3))

    def test_gain_too_large_for_any_depth_is_refused_with_the_number(self):
        with pytest.raises(NotDerivableError, match="recurrent_gain = 0.7 is too large to truncate"):
            derive(problem(0.7), InfiniteWidth())

    def test_depth_beyond_what_pays_is_refused(self):
        with pytest.raises(ProblemError, match="depth = 8.*at most 7.*double"):
            InfiniteWidth(8)
