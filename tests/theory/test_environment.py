"""Each check of the environment passes here, and fails on a library that is broken."""

from dataclasses import FrozenInstanceError
from functools import partial
from importlib import metadata

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import theory.environment as environment
from theory.environment import (
    EXCLUDED_VERSIONS,
    PACKAGES,
    SLOWDOWN_TOLERANCE,
    WRONG_SUM_TOLERANCE,
    Check,
    EnvironmentReport,
    check_environment,
    default_precision,
    stacking_slowdown,
    version_check,
    wrong_sum_error,
)
from theory.errors import AttractoryError, EnvironmentCheckError

pytestmark = pytest.mark.usefixtures("optimised")  # what libraries got wrong, they got wrong in optimising


def outcome(report: EnvironmentReport, name: str) -> Check:
    """The one check of that name."""
    (check,) = (check for check in report.checks if check.name == name)
    return check


def test_this_environment_passes_every_check():
    report = check_environment()
    assert report.passed, str(report)
    report.raise_if_failed()
    assert {check.name for check in report.checks} == {
        *PACKAGES,
        *("devices", "float64", "float64 sum", "float32 sum", "scan length"),
    }


# What jaxlib 0.10.2 did: the last rows got the value of an earlier one.
def losing_the_last_row(function):
    return lambda rows: jax.jit(function)(rows).at[-1].set((rows.shape[0] - 33.0) ** 2)


def not_a_number(function):
    return lambda rows: jax.jit(function)(rows).at[7].set(jnp.nan)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_jit_sums_right(dtype):
    assert wrong_sum_error(dtype=dtype) <= WRONG_SUM_TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("compiled", [losing_the_last_row, not_a_number])
def test_wrong_sum_is_flagged(dtype, compiled):
    assert not wrong_sum_error(compiled, dtype) <= WRONG_SUM_TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_wrong_sum_uses_more_rows_than_the_broken_compiler_sums_right(dtype):
    seen = {}

    def recording(function):
        def run(rows):
            seen["shape"], seen["dtype"] = rows.shape, str(rows.dtype)
            return jax.jit(function)(rows)

        return run

    with jax.enable_x64(False):  # the defect depends on the precision, whatever the setting
        wrong_sum_error(recording, dtype)
    assert seen["dtype"] == dtype
    assert seen["shape"][0] > {"float64": 16_384, "float32": 32_768}[dtype]


def rewriting_the_stack(function):
    """The same scan, but every step moves the whole stack, as jaxlib 0.11.1 copied it."""

    def run(inputs):
        def step(carry, value):
            total, stack = carry
            total = 0.999 * total + value
            return (total, jnp.roll(stack, -1).at[-1].set(total)), None

        return jax.lax.scan(step, (jnp.zeros_like(inputs[0]), jnp.zeros_like(inputs)), inputs)[0][1]

    return jax.jit(run)


def test_scan_that_rewrites_its_stack_is_flagged():
    assert stacking_slowdown(rewriting_the_stack, length=2_000, repeats=3) > SLOWDOWN_TOLERANCE


def test_scan_of_this_jaxlib_takes_linear_time():
    assert stacking_slowdown() <= SLOWDOWN_TOLERANCE


@pytest.mark.parametrize(("power", "ratio"), [(1, 1.0), (2, 8.0)])
def test_slowdown_is_the_ratio_of_costs_a_step(power, ratio):
    now = [0.0]

    def taking_its_time(function):
        def run(inputs):
            now[0] += 1e-9 * len(inputs) ** power
            return inputs

        return run

    measured = stacking_slowdown(taking_its_time, length=1_000, clock=lambda: now[0])
    assert measured == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize("disturbed", [3, 4, 5, 6])  # runs 1 and 2 compile
def test_slowdown_ignores_a_run_that_was_disturbed(disturbed):
    now, runs = [0.0], [0]

    def disturbed_once(function):
        def run(inputs):
            runs[0] += 1
            now[0] += 1e-9 * len(inputs) * (100 if runs[0] == disturbed else 1)
            return inputs

        return run

    measured = stacking_slowdown(disturbed_once, length=1_000, repeats=2, clock=lambda: now[0])
    assert runs == [6] and measured == pytest.approx(1.0, rel=1e-6)


def test_default_precision_is_float64_only_when_switched_on():
    assert default_precision() == "float64"
    with jax.enable_x64(False):
        assert default_precision() == "float32"
        assert not outcome(check_environment(), "float64").passed
    assert default_precision(lambda number: np.float16(number)) == "float16"


@pytest.mark.parametrize("package", ["jax", "jaxlib"])
@pytest.mark.parametrize("version", [*EXCLUDED_VERSIONS, "0.10.2+cuda12"])
def test_excluded_versions_fail_with_a_way_out(package, version):
    check = version_check(package, {package: version}.get)
    assert not check.passed
    assert version in check.detail and "pip install" in check.advice


@pytest.mark.parametrize(
    ("package", "version"), [("jax", "0.10.1"), ("jaxlib", "0.11.2"), ("numpy", "0.10.2")]
)
def test_other_versions_pass(package, version):
    assert version_check(package, {package: version}.get) == Check(package, True, version, "")


def test_missing_package_fails():
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    check = version_check("diffrax", missing)
    assert not check.passed and check.detail == "not installed" and "diffrax" in check.advice


@pytest.mark.parametrize(
    ("function", "broken", "failing"),
    [
        ("wrong_sum_error", partial(wrong_sum_error, losing_the_last_row), "float64 sum"),
        ("wrong_sum_error", partial(wrong_sum_error, losing_the_last_row), "float32 sum"),
        ("wrong_sum_error", lambda dtype: float("nan"), "float64 sum"),
        ("stacking_slowdown", lambda: 7.9, "scan length"),
        ("stacking_slowdown", lambda: float("nan"), "scan length"),
        ("default_precision", lambda: "float32", "float64"),
    ],
)
def test_report_fails_with_the_check_that_fails(monkeypatch, function, broken, failing):
    monkeypatch.setattr(environment, function, broken)
    report = check_environment()
    check = outcome(report, failing)
    assert not check.passed and check.advice
    assert not report.passed
    with pytest.raises(EnvironmentCheckError) as caught:
        report.raise_if_failed()
    assert failing in str(caught.value) and check.advice in str(caught.value)
    assert isinstance(caught.value, AttractoryError)


def test_check_that_crashes_is_reported_and_the_others_still_run(monkeypatch):
    def no_devices(*backend):
        raise RuntimeError("Unable to initialize backend 'cuda'")

    monkeypatch.setattr(jax, "devices", no_devices)
    report = check_environment()
    failed = {check.name for check in report.checks if not check.passed}
    assert failed == {"devices", "float64 sum", "float32 sum", "scan length"}
    assert outcome(report, "devices").detail.startswith("RuntimeError: Unable to initialize")


def test_report_prints_every_check_and_the_advice_of_those_that_failed():
    good, bad = Check("scan", True, "fine", ""), Check("a long name", False, "is 3", "make it 4")
    lines = str(EnvironmentReport((good, bad))).splitlines()
    assert lines[0].split() == ["passed", "scan", "fine"]
    assert lines[1].split() == ["FAILED", "a", "long", "name", "is", "3"]
    assert lines[0].index("fine") == lines[1].index("is 3") == lines[2].index("->")
    assert lines[2].strip() == "-> make it 4"


def test_report_without_checks_has_not_passed():
    with pytest.raises(EnvironmentCheckError, match="nothing was checked"):
        EnvironmentReport(()).raise_if_failed()


def test_report_cannot_be_changed():
    report = EnvironmentReport((Check("scan", False, "slow", "update"),))
    with pytest.raises(FrozenInstanceError):
        report.checks = ()
    with pytest.raises(FrozenInstanceError):
        report.checks[0].passed = True
