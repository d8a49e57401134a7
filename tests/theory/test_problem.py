"""Problems: what they refuse, print and draw, and their gradient through any architecture."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.theory.systems import DISCRETE, TIMES, differences, name_of, random_system, relative_error
from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.architectures import Architecture, Weight
from theory.configuration import configuration
from theory.errors import ProblemError, UnstableSystemError

PARTS = {
    "teacher": teachers.leaky_integrator(rate=0.2),
    "architecture": architectures.FullRank(),
    "initialisation": initialisations.Gaussian(input=0.5, readout=0.5, recurrent_gain=0.5),
    "objective": objectives.WhiteNoise(),
    "learning_rule": learning_rules.GradientFlow(),
}


def problem(**changes) -> Problem:
    return Problem(**{**PARTS, **changes})


class Symmetric(Architecture):
    """A user's own: a recurrence that is kept symmetric."""

    def weights(self, width, inputs, outputs):
        return {
            "recurrent": Weight((width, width), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights, time):
        recurrent = (weights["recurrent"] + weights["recurrent"].T) / 2
        return time.state_matrix(recurrent), weights["input"], weights["readout"]


class Versioned(Symmetric):
    """A user's own, with a parameter, that says which version of its code this is."""

    strength: float = 2.0
    version = 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "wrong", "kind"),
        [
            ("teacher", 0.2, "LinearSystem"),
            ("teacher", teachers.leaky_integrator, "LinearSystem"),
            ("architecture", "FullRank", "Architecture"),
            ("initialisation", 0.01, "Initialisation"),
            ("objective", None, "Objective"),
            ("learning_rule", objectives.WhiteNoise(), "LearningRule"),
        ],
        ids=lambda case: case if isinstance(case, str) else "",
    )
    def test_part_of_the_wrong_kind_is_named(self, name, wrong, kind):
        with pytest.raises(ProblemError, match=f"^{name} must be a {kind}; got "):
            problem(**{name: wrong})

    @pytest.mark.parametrize(
        "name", ["teacher", "architecture", "initialisation", "objective", "learning_rule"]
    )
    def test_class_in_place_of_an_instance_is_pointed_out(self, name):
        with pytest.raises(ProblemError, match=rf"^{name} must be .*did you forget to call it\?"):
            problem(**{name: type(PARTS[name])})

    def test_objective_without_meaning_for_the_teacher(self):
        growing = random_system(1, 3, margin=-0.1)
        with pytest.raises(UnstableSystemError, match="pole at .*FiniteWindow"):
            problem(teacher=growing)
        assert problem(teacher=growing, objective=objectives.FiniteWindow(5.0)).teacher is growing
        with pytest.raises(ProblemError, match="continuous time"):
            problem(teacher=random_system(1, 3, time=DISCRETE), objective=objectives.FiniteWindow(5.0))

    @pytest.mark.parametrize(
        ("width", "seed", "said"),
        [
            (0, 0, "width = 0"),
            (2.0, 0, "width must be"),
            (4, -1, "seed = -1"),
            (4, 0.5, "seed must be"),
            (4, 2**63, "at most"),
        ],
    )
    def test_width_or_seed_that_is_no_count(self, width, seed, said):
        with pytest.raises(ProblemError, match=said):
            problem().draw(width=width, seed=seed)


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_print_shows_every_part_and_all_conventions(time):
    text = str(problem(teacher=random_system(1, 3, 2, 3, time)))
    for part in (*PARTS, "learning rule", "conventions"):
        assert part.replace("_", " ") in text
    for said in (
        f"{time.name} time [{time.equation}]",
        "3 states, 2 inputs, 3 outputs",
        "FullRank",
        "input 0.5, readout 0.5, recurrent gain 0.5",
        "sd scale/sqrt(width)",
        objectives.WhiteNoise.equation,
        learning_rules.GradientFlow.equation,
        "standard parameterisation",
        "squared error times 0.5, sum over outputs",
        "training_time = step size x steps",
    ):
        assert said in text, said


class TestDraws:
    def test_are_reproducible_and_differ_between_seeds_and_widths(self):
        ours = problem()
        first, again = ours.draw(width=6, seed=3), ours.draw(width=6, seed=3)
        assert {name: group.shape for name, group in first.items()} == {
            "recurrent": (6, 6),
            "input": (6, 1),
            "readout": (1, 6),
        }
        other_seed, wider = ours.draw(width=6, seed=4), ours.draw(width=200, seed=3)
        for name in first:
            np.testing.assert_array_equal(first[name], again[name])
            assert not np.isclose(first[name], other_seed[name]).any()
            # wider draws are no continuation of narrower ones: widths are independent samples
            part = wider[name][tuple(slice(size) for size in first[name].shape)]
            ratio = np.asarray(part * np.sqrt(200 / 6) / first[name])
            assert not np.isclose(ratio, 1).any()

    def test_groups_are_independent_of_each_other(self):
        drawn = problem().draw(width=6, seed=3)
        assert not np.isclose(drawn["input"][:, 0], drawn["readout"][0]).any()

    def test_of_one_group_do_not_move_with_the_scale_of_another(self):
        gaussian = initialisations.Gaussian
        base = problem().draw(width=6, seed=3)
        for changed in (gaussian(0.5, 0.5, 0.0), gaussian(0.5, 0.5, 0.9)):
            drawn = problem(initialisation=changed).draw(width=6, seed=3)
            for name in ("input", "readout"):
                np.testing.assert_array_equal(drawn[name], base[name])
            factor = changed.recurrent_gain / 0.5
            np.testing.assert_allclose(drawn["recurrent"], factor * base["recurrent"], rtol=1e-15)

    def test_have_the_stated_standard_deviation(self):
        width = 200
        drawn = problem(initialisation=initialisations.Gaussian(0.1, 0.2, 0.7)).draw(width, seed=0)
        for name, scale in (("input", 0.1), ("readout", 0.2), ("recurrent", 0.7)):
            values = np.asarray(drawn[name]).ravel() * np.sqrt(width) / scale
            # four standard errors of a mean and of a standard deviation
            assert abs(values.mean()) < 4 / np.sqrt(values.size)
            assert abs(values.std() - 1) < 4 / np.sqrt(2 * values.size)
        radius = np.abs(np.linalg.eigvals(np.asarray(drawn["recurrent"]))).max()
        assert radius == pytest.approx(0.7, rel=0.1)  # the edge of the circular law, at this width

    def test_without_a_gain_have_no_recurrence_and_say_so(self):
        for gain in (0.0, 0.4):
            initialisation = initialisations.Gaussian(recurrent_gain=gain)
            drawn = problem(initialisation=initialisation).draw(width=6, seed=0)["recurrent"]
            assert (initialisation.recurrent_multiple == 0.0) == (not np.asarray(drawn).any()) == (gain == 0)

    @pytest.mark.parametrize("name", ["input", "readout", "recurrent_gain"])
    def test_refuse_a_scale_that_is_negative(self, name):
        with pytest.raises(ProblemError, match=f"{name} = -0.1, but it must be zero or more"):
            initialisations.Gaussian(**{name: -0.1})


def test_gradient_through_a_users_architecture_is_that_of_its_loss():
    # discrete time compiles faster; the contracts run both, with the architectures that ship
    ours = problem(teacher=random_system(5, 3, 2, 3, DISCRETE), architecture=Symmetric())
    weights = ours.draw(width=4, seed=1)

    @jax.jit
    def values(weights):
        loss, automatic = jax.value_and_grad(ours.loss)(weights)
        return loss, ours.gradient(weights), automatic

    _, exact, automatic = values(weights)
    assert exact.keys() == weights.keys()
    np.testing.assert_allclose(exact["recurrent"], exact["recurrent"].T, rtol=1e-12)  # rounding
    assert relative_error(exact, automatic) < 1e-12
    # the differences' own error
    assert relative_error(exact, differences(lambda weights: values(weights)[0], weights)) < 1e-8


def test_system_is_the_networks_own():
    ours = problem()
    weights = ours.draw(width=6, seed=0)
    system = ours.system(weights)
    np.testing.assert_array_equal(system.A, weights["recurrent"] - jnp.eye(6))
    np.testing.assert_array_equal(system.B, weights["input"])
    np.testing.assert_array_equal(system.C, weights["readout"])


class TestWeights:
    """Loss and gradient say what is wrong with weights, where they are numbers and not traced."""

    def test_of_another_shape_or_name_are_refused_with_what_is_wanted(self):
        weights = problem().draw(width=6, seed=0)
        for wrong in (
            {**weights, "input": weights["input"].T},
            {name: weights[name] for name in ("input", "readout")},
            {**weights, "extra": weights["input"]},
            problem(architecture=architectures.Diagonal()).draw(width=6, seed=0),
        ):
            with pytest.raises(ProblemError, match=r"FullRank with 1 inputs and 1 outputs .* \(5, 5\)"):
                problem().loss(wrong)
            with pytest.raises(ProblemError, match="FullRank"):
                problem().gradient(wrong)
        with pytest.raises(ProblemError, match="weights must be a dict"):
            problem().loss(list(weights.values()))

    def test_that_are_not_finite_are_refused_with_their_place(self):
        weights = problem().draw(width=6, seed=0)
        weights["readout"] = weights["readout"].at[0, 2].set(jnp.nan)
        with pytest.raises(ProblemError, match=r"weights\['readout'\] has 1 entries .* index \(0, 2\)"):
            problem().loss(weights)

    def test_of_a_student_that_grows_are_refused_with_its_pole(self):
        weights = problem().draw(width=6, seed=0)
        weights["recurrent"] = 1.25 * jnp.eye(6)
        for refused in (problem().loss, problem().gradient):
            with pytest.raises(UnstableSystemError, match="student has a pole at 0.25 .*FiniteWindow"):
                refused(weights)


class TestConfiguration:
    def test_says_every_part(self):
        said = problem().configuration()
        assert said["class"] == "Problem" and set(said) == {"class", *PARTS}
        assert said["initialisation"] == {
            "class": "Gaussian",
            "input": 0.5,
            "readout": 0.5,
            "recurrent_gain": 0.5,
            "recurrent_identity": 0.0,
        }
        assert said["teacher"]["A"] == [[-0.2]] and said["teacher"]["time"] == {"class": "ContinuousTime"}

    def test_of_equal_problems_is_equal_and_follows_every_number(self):
        assert problem().configuration() == problem().configuration()
        for change in (
            {"teacher": teachers.leaky_integrator(0.3)},
            {"architecture": architectures.Diagonal()},
            {"initialisation": initialisations.Gaussian(input=0.5, readout=0.5, recurrent_gain=0.4)},
            {"objective": objectives.FiniteWindow(5.0)},
            {"learning_rule": learning_rules.GradientDescent(0.1)},
        ):
            assert problem(**change).configuration() != problem().configuration()

    def test_of_a_users_class_needs_its_version(self):
        with pytest.raises(ProblemError, match="Symmetric is not part of the toolkit.*`version = 1`"):
            problem(architecture=Symmetric()).configuration()
        assert configuration(Versioned()) == {"class": "Versioned", "version": 3, "strength": 2.0}

    def test_of_plain_data_is_plain_data(self):
        given = {"width": np.int64(3), "rates": np.array([1.0, 2.0]), 5: (None, True, "x")}
        assert configuration(given) == {"width": 3, "rates": [1.0, 2.0], "5": [None, True, "x"]}

    @pytest.mark.parametrize(
        "unspeakable", [lambda x: x, {1, 2}, object()], ids=["function", "set", "object"]
    )
    def test_of_what_cannot_be_said_in_plain_data_is_refused(self, unspeakable):
        with pytest.raises(ProblemError, match="plain data"):
            configuration({"rule": unspeakable})

    def test_of_a_class_in_place_of_an_instance_is_refused_as_such(self):
        with pytest.raises(ProblemError, match="forget to call it"):
            configuration({"rule": learning_rules.GradientFlow})


def test_problem_cannot_be_changed():
    with pytest.raises(AttributeError):
        problem().teacher = teachers.leaky_integrator(0.1)
    faster = eqx.tree_at(lambda p: p.teacher.A, problem(), jnp.array([[-0.4]]))
    assert float(faster.teacher.A[0, 0]) == -0.4
