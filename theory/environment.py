"""Whether the installed libraries can be trusted here: run this once before believing any number.

Two releases of jaxlib have CPU defects that no exception reveals. Instead of trusting version
numbers alone, the checks run what went wrong and measure:

- a sum that is silently wrong (jaxlib 0.10.2, jax issue 39103), by `wrong_sum_error`;
- a stacking `lax.scan` that takes quadratic time (jaxlib 0.11.1, jax issue 40101), by
  `stacking_slowdown`.

Both functions take the compiler as an argument, so that a broken one can be handed to them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

from theory.errors import EnvironmentCheckError

# Both jax and jaxlib: 0.11.0 has a defect of its own (jax issue 39257: it crashes or hangs).
EXCLUDED_VERSIONS = ("0.10.2", "0.11.0", "0.11.1")
PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "sympy", "diffrax", "equinox")

# One row more than the largest count that the broken compiler still sums correctly, and the
# largest relative error that rounding alone could explain: a few units in the last place.
WRONG_SUM_ROWS = {"float64": 16_385, "float32": 32_769}
WRONG_SUM_TOLERANCE = {"float64": 1e-14, "float32": 1e-6}

# A step of a linear-time scan costs the same at every length (ratio 1, or below, since the cost of
# the call is shared by more steps); one that rewrites its buffer costs LENGTH_FACTOR times as much.
LENGTH_FACTOR = 8
SLOWDOWN_TOLERANCE = 4.0

_CHANGE_JAXLIB = (
    f"install a jax and jaxlib other than {', '.join(EXCLUDED_VERSIONS)}, for example with "
    '`pip install "jax==0.10.1" "jaxlib==0.10.1"`'
)


@dataclass(frozen=True)
class Check:
    """One thing looked at: `advice` says what to do about it, and is empty where it passed.

    >>> Check("float64", True, "default float is float64", "").passed
    True
    """

    name: str
    passed: bool
    detail: str
    advice: str


@dataclass(frozen=True)
class EnvironmentReport:
    """Every check made of the environment, in order; printing it gives a table.

    Args:
        checks: the outcomes.

    >>> print(EnvironmentReport((Check("float64", False, "it is float32", "import theory first"),)))
    FAILED  float64  it is float32
                     -> import theory first
    """

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed; a report without checks has not."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def raise_if_failed(self) -> None:
        """Return if every check passed.

        Raises:
            EnvironmentCheckError: otherwise, with the name, finding and advice of each failure.
        """
        if self.passed:
            return
        failures = [check for check in self.checks if not check.passed]
        raise EnvironmentCheckError(
            "; ".join(f"{check.name}: {check.detail} ({check.advice})" for check in failures)
            or "nothing was checked"
        )

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        lines = []
        for check in self.checks:
            verdict = "passed" if check.passed else "FAILED"
            lines.append(f"{verdict}  {check.name:<{width}}  {check.detail}")
            if check.advice:
                lines.append(f"{'':<8}{'':<{width}}  -> {check.advice}")
        return "\n".join(lines)


def wrong_sum_error(compiled: Callable | None = None, dtype: str = "float64") -> float:
    """The largest relative error of a compiled sum that jaxlib 0.10.2 gets wrong on CPU.

    Every row x_i = (i, 0, 0) is mapped to sum((I x_i)^2), which is i^2. NumPy gives the truth.

    Args:
        compiled: what turns a function of the rows into a compiled one; `jax.jit` by default.
        dtype: "float64" or "float32".

    Returns:
        max_i |y_i - i^2| / max(i^2, 1): rounding only if healthy, 2e-3 in the broken release.

    >>> wrong_sum_error() < 1e-14
    True
    """
    import jax
    import jax.numpy as jnp
    import numpy as np

    count = np.arange(WRONG_SUM_ROWS[dtype], dtype=dtype)
    rows = np.stack((count, np.zeros_like(count), np.zeros_like(count)), axis=1)
    with jax.enable_x64(True), jax.default_device(jax.devices("cpu")[0]):
        matrix = jnp.eye(3, dtype=dtype)

        def squared_norms(rows):
            return jax.vmap(lambda row: jnp.sum((matrix @ row) ** 2))(rows)

        result = (compiled or jax.jit)(squared_norms)(jnp.asarray(rows))
    truth = count.astype("float64") ** 2
    return float(np.max(np.abs(np.asarray(result, dtype="float64") - truth) / np.maximum(truth, 1)))


def stacking_slowdown(
    compiled: Callable | None = None,
    length: int = 4_000,
    repeats: int = 7,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """How much dearer a step of a stacking scan gets when the scan is made 8 times as long.

    jaxlib 0.11.1 rewrites the whole stack at every step, so that a step costs as much as the stack
    is long. The best of several runs is taken, short and long ones in turn, since other programs
    can only ever slow a run down.

    Args:
        compiled: what turns a function of the scan's inputs into a compiled one; `jax.jit` by
            default.
        length: steps of the shorter scan.
        repeats: runs of each length.
        clock: the time in seconds.

    Returns:
        Time a step at 8 `length`, over the time a step at `length`: about 1 if healthy, 8 if not.

    >>> stacking_slowdown() < 4
    True
    """
    import jax
    import jax.numpy as jnp

    def running_sum(inputs):
        def step(total, value):
            total = 0.999 * total + value
            return total, total

        return jax.lax.scan(step, jnp.zeros_like(inputs[0]), inputs)[1]

    with jax.default_device(jax.devices("cpu")[0]):
        run = (compiled or jax.jit)(running_sum)
        inputs = {steps: jnp.ones(steps) for steps in (length, LENGTH_FACTOR * length)}
        for values in inputs.values():
            jax.block_until_ready(run(values))  # compiles, once a length
        best = dict.fromkeys(inputs, float("inf"))
        for _ in range(repeats):
            for steps, values in inputs.items():
                start = clock()
                jax.block_until_ready(run(values))
                best[steps] = min(best[steps], clock() - start)
    return best[LENGTH_FACTOR * length] / (LENGTH_FACTOR * best[length])


def default_precision(make: Callable | None = None) -> str:
    """The name of the type that JAX gives to a Python float.

    Args:
        make: what makes an array of a number; `jax.numpy.asarray` by default.

    >>> default_precision()
    'float64'
    """
    import jax.numpy as jnp

    return str((make or jnp.asarray)(1.0).dtype)


def version_check(name: str, version_of: Callable[[str], str] = metadata.version) -> Check:
    """Whether a package is installed, in a version not known to be broken.

    Args:
        name: one of `PACKAGES`.
        version_of: gives the version of a package, or raises `PackageNotFoundError`.

    >>> version_check("jaxlib", version_of={"jaxlib": "0.10.2"}.get).passed
    False
    """
    try:
        version = version_of(name)
    except metadata.PackageNotFoundError:
        return Check(name, False, "not installed", f"install it: `pip install {name}`")
    # A build tag such as "+cuda12" does not change what the release contains.
    if name in ("jax", "jaxlib") and version.partition("+")[0] in EXCLUDED_VERSIONS:
        return Check(name, False, f"{version}, known to be broken on CPU", _CHANGE_JAXLIB)
    return Check(name, True, version, "")


def check_environment() -> EnvironmentReport:
    """Run both reproducers and look at precision, versions and devices (a second or two).

    It changes no setting, and a check that crashes is reported as failed, with its exception.

    Returns:
        The report: print it, or call its `raise_if_failed()`.

    >>> report = check_environment()
    >>> report.raise_if_failed()
    >>> len(report.checks) - len(PACKAGES)
    5
    """

    def right_sum(dtype):
        error = wrong_sum_error(dtype=dtype)
        return error <= WRONG_SUM_TOLERANCE[dtype], f"relative error {error:.1e} (jax issue 39103)"

    def linear_scan():
        ratio = stacking_slowdown()
        cost = f"a step costs {ratio:.2g} times as much when {LENGTH_FACTOR} times as many"
        return ratio <= SLOWDOWN_TOLERANCE, f"{cost} (jax issue 40101)"

    def double_precision():
        precision = default_precision()
        return precision == "float64", f"JAX makes {precision} of a Python float"

    def devices():
        import jax

        return True, ", ".join(f"{device.platform}: {device.device_kind}" for device in jax.devices())

    return EnvironmentReport(
        (
            *(version_check(name) for name in PACKAGES),
            _attempt("devices", devices, "let JAX find one: unset JAX_PLATFORMS, or set it to cpu"),
            _attempt(
                "float64",
                double_precision,
                'import `theory` first, or call `jax.config.update("jax_enable_x64", True)`',
            ),
            _attempt("float64 sum", lambda: right_sum("float64"), _CHANGE_JAXLIB),
            _attempt("float32 sum", lambda: right_sum("float32"), _CHANGE_JAXLIB),
            _attempt("scan length", linear_scan, _CHANGE_JAXLIB),
        )
    )


def _attempt(name: str, measure: Callable[[], tuple[bool, str]], advice: str) -> Check:
    """The check that `measure` makes; a crash is a finding, and the other checks must still run."""
    try:
        passed, detail = measure()
    except Exception as error:
        passed, detail = False, f"{type(error).__name__}: {error}"
    return Check(name, passed, detail, "" if passed else advice)
