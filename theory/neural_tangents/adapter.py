"""neural-tangents 0.6.5 on the JAX of today, without TensorFlow."""

import contextlib
import functools
import importlib
import sys
from types import ModuleType, SimpleNamespace

import jax
import jax.api_util
import jax.core
import jax.extend.core
import jax.extend.linear_util
import jax.interpreters.ad
import jax.numpy as jnp

from theory.errors import ProblemError

_VERSION = "0.6.5"
_EXPERIMENTAL = "neural_tangents.experimental"


@functools.cache
def neural_tangents() -> ModuleType:
    """The package neural-tangents, made to work: `nt = neural_tangents()`, then `nt.stax`, `nt.predict` and the rest.

    Release 0.6.5, the last, asks for names that JAX has moved or dropped since 0.6, and its subpackage `experimental`
    for TensorFlow. While it is imported the names are there and the subpackage is an empty module; afterwards JAX is as
    it was, and what neural-tangents goes on using it finds in its own modules. Nothing else in `theory` imports it.

    All of it computes in float64, as `theory` does.

    Raises:
        ProblemError: it is not installed, or another release is.

    >>> import numpy as np
    >>> nt = neural_tangents()
    >>> init, apply, kernel = nt.stax.serial(nt.stax.Dense(64), nt.stax.Erf(), nt.stax.Dense(1))
    >>> kernel(np.ones((1, 2)), None, "nngp")                          # (2/pi) arcsin(2/3)
    Array([[0.46455...]], dtype=float64)

    Source: R. Novak et al., Neural Tangents, arXiv 1912.02803.
    """
    with _names_of_old():
        try:
            package = importlib.import_module("neural_tangents")
        except ModuleNotFoundError as error:
            raise ProblemError(
                f"neural-tangents does not import: {error}. `make environment` installs it; by hand, without the "
                f'TensorFlow it asks for: `pip install "attractory[wide]" && pip install --no-deps '
                f"neural-tangents=={_VERSION}`."
            ) from error
    if package.__version__ != _VERSION:
        raise ProblemError(
            f"neural-tangents is {package.__version__}, but the adapter is made for {_VERSION}: "
            f"`pip install --no-deps neural-tangents=={_VERSION}`."
        )
    _mend(importlib.import_module("neural_tangents._src.empirical"))
    return package


@contextlib.contextmanager
def _names_of_old():
    """What `import neural_tangents` looks for and JAX no longer has."""
    ad, core, extended = jax.interpreters.ad, jax.core, jax.extend.core
    wanted = [(core, name, getattr(extended, name)) for name in ("Jaxpr", "JaxprEqn", "Literal", "Primitive", "Var")]
    wanted.append((ad, "zeros_like_p", extended.Primitive("zeros_like")))  # a key of its tables; no program has it
    added = [(module, name) for module, name, value in wanted if not hasattr(module, name)]
    for module, name, value in wanted:
        if (module, name) in added:
            setattr(module, name, value)
    modules = {"jax.util": ModuleType("jax.util"), _EXPERIMENTAL: ModuleType(_EXPERIMENTAL)}
    modules["jax.util"].safe_map = lambda function, *lists: list(map(function, *_same_lengths(lists)))
    modules["jax.util"].safe_zip = lambda *lists: list(zip(*lists, strict=True))
    placed = {name: sys.modules.setdefault(name, module) for name, module in modules.items()}
    try:
        yield
    finally:
        for module, name in added:
            delattr(module, name)
        if placed["jax.util"] is modules["jax.util"]:
            del sys.modules["jax.util"]


def _same_lengths(lists):
    lists = [list(each) for each in lists]
    if len({len(each) for each in lists}) > 1:
        raise ValueError(f"lists of lengths {[len(each) for each in lists]}")
    return lists


def _put(values, places, replacements):
    replaced = dict(zip(places, replacements, strict=True))
    return [replaced.get(i, value) for i, value in enumerate(values)]


def _mend(empirical: ModuleType) -> None:
    """What the structured derivatives of the empirical kernel use of JAX, in that one module's own names."""
    ad, extended = jax.interpreters.ad, jax.extend.core

    def linearize(function, *primals, has_aux=False):
        outputs, zeros, jaxpr, consts = ad.linearize(function, *primals, has_aux=has_aux)
        return outputs, [SimpleNamespace(is_known=lambda zero=zero: zero) for zero in zeros], jaxpr, consts

    def transposed(equation, cotangent, *values):
        if equation is None:
            return (cotangent,)
        if equation.primitive in ad.primitive_transposes:
            return ad.get_primitive_transpose(equation.primitive)(cotangent, *values, **equation.params)
        if isinstance(cotangent, ad.Zero):
            return [None] * len(values)
        linear = [i for i, value in enumerate(values) if ad.is_undefined_primal(value)]

        def program(*arguments):
            return equation.primitive.bind(*_put(values, linear, arguments), **equation.params)

        shapes = [jax.ShapeDtypeStruct(values[i].aval.shape, values[i].aval.dtype) for i in linear]
        return _put([None] * len(values), linear, jax.linear_transpose(program, *shapes)(cotangent))

    def wrapped(function):
        return jax.extend.linear_util.wrap_init(function, debug_info=jax.api_util.debug_info("fn", function, (), {}))

    def basis(shapes, basis_of_arrays=empirical._std_basis):
        return basis_of_arrays(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes))

    def axis_and_type(outputs, axis, weights, of_types=empirical._get_fx_axis_and_dtype):
        return of_types(outputs, axis, jax.tree.map(lambda leaf: leaf.dtype, weights))

    def operations(function, optimize, *arguments, **options):
        program = jax.jit(function).lower(*arguments, **options)
        found = (program.compile() if optimize else program).cost_analysis()
        return (found[0] if isinstance(found, list) else found)["flops"]

    used = "UndefinedPrimal Zero add_tangents get_primitive_transpose is_undefined_primal primitive_jvps".split()
    no_scope = SimpleNamespace(transform_name_stack=lambda _: contextlib.nullcontext())
    empirical.ad = SimpleNamespace(
        **{name: getattr(ad, name) for name in used},
        linearize=linearize,
        source_info_util=no_scope,
        config=SimpleNamespace(jax_enable_checks=False),
    )
    no_such_type = type("DShapedArray", (), {})  # arrays of dynamic shape are gone
    empirical.core = SimpleNamespace(ShapedArray=jax.core.ShapedArray, DShapedArray=no_such_type, Var=extended.Var)
    empirical.lu = SimpleNamespace(wrap_init=wrapped)
    empirical._std_basis = basis
    empirical._get_fx_axis_and_dtype = axis_and_type
    empirical._eqn_vjp_fn = transposed
    empirical._get_flops = operations
