"""neural-tangents as it is adapted, and its recurrent layer against the kernels of `theory` and against itself."""

import subprocess
import sys

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest

from theory.errors import ProblemError
from theory.kernels import (
    Erf,
    Identity,
    InitialState,
    KernelFlow,
    Rates,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    Tanh,
    all_pairs,
    padded,
)
from theory.neural_tangents import Recurrent, neural_tangents

RANDOM = np.random.default_rng(7)
ROWS, COLUMNS = RANDOM.normal(size=(3, 4, 2)), RANDOM.normal(size=(2, 4, 2))
LAYERS = {
    "identity": RecurrentLayer(Identity(), 0.9, 1.1, 0.2),
    "relu": RecurrentLayer(ReLU(), 1.3, 0.7, 0.1),
    "erf": RecurrentLayer(Erf(), 1.5, 1.0, 0.3),
    "tanh": RecurrentLayer(Tanh(), 1.5, 1.0, 0.3),
    "initial state": RecurrentLayer(Erf(), 1.5, 1.0, 0.0, InitialState(0.8)),
    "rates": RecurrentLayer(Erf(), 1.5, 1.0, 0.3, InitialState(0.8), Rates(0.5, 2.0, 0.0, 0.7)),
    "untied": RecurrentLayer(Erf(), 1.5, 1.0, 0.3, tied=False),
}


@pytest.fixture(scope="module")
def nt():
    return neural_tangents()


def by_pairs(kernel):
    """From (sequence, time, other, other time) to the axes of neural-tangents."""
    return kernel.transpose(0, 2, 1, 3)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_leaves_jax_as_it_was_and_never_imports_tensorflow():
    program = (
        "import sys, jax.core, jax.interpreters.ad as ad\n"
        "before = set(vars(jax.core)) | set(vars(ad))\n"
        "from theory.neural_tangents import neural_tangents\n"
        "assert 'neural_tangents' not in sys.modules\n"
        "nt = neural_tangents()\n"
        "assert nt.__version__ == '0.6.5' and nt is neural_tangents()\n"
        "assert not {'tensorflow', 'tf2jax', 'jax.util'} & set(sys.modules)\n"
        "assert set(vars(jax.core)) | set(vars(ad)) == before\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_says_how_to_install_what_is_missing(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("neural_tangents")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "neural_tangents", None)
    with pytest.raises(ProblemError, match="--no-deps neural-tangents==0.6.5"):
        neural_tangents.__wrapped__()


@pytest.mark.parametrize(
    ("name", "others"), [*((name, None) for name in LAYERS), *((name, COLUMNS) for name in ("tanh", "rates"))]
)
def test_kernel_is_that_of_the_engine(nt, name, others):
    expected = all_pairs(RecurrentNetwork(LAYERS[name], readout=1.2), ROWS, others=others)
    kernel = nt.stax.serial(Recurrent(1, LAYERS[name]), nt.stax.Dense(1, W_std=1.2))[2]
    found = kernel(ROWS, others, ("nngp", "ntk"))
    close(found.nngp, by_pairs(expected.nngp))
    close(found.ntk, by_pairs(expected.ntk))


def test_layers_stack_and_their_readouts_pool_and_pick(nt):
    stax, layers = nt.stax, (LAYERS["erf"], LAYERS["relu"])
    expected = by_pairs(all_pairs(RecurrentNetwork(layers), ROWS).ntk)
    stacked = [Recurrent(1, layer) for layer in layers]
    close(stax.serial(*stacked, stax.GlobalAvgPool(), stax.Dense(1))[2](ROWS, None, "ntk"), expected.mean((2, 3)))
    last = stax.serial(*stacked, stax.Index(idx=stax.Slice[:, -1]), stax.Dense(1))[2]
    close(last(ROWS, None, "ntk"), expected[:, :, -1, -1])
    equal = stax.serial(*stacked, stax.Dense(1), stax.Flatten())[2]  # asks for equal times alone
    close(equal(ROWS, None, "ntk"), np.einsum("ijtt->ij", expected) / ROWS.shape[1])


@pytest.mark.filterwarnings("ignore:`FanIn` layers assume independent inputs")  # theirs are: a Dense in each branch
@pytest.mark.parametrize("name", ["erf", "relu"])
def test_is_the_unrolled_network_of_neural_tangents_at_equal_times(nt, name):
    stax, layer = nt.stax, LAYERS[name]
    nonlinearity = {"erf": stax.Erf, "relu": stax.Relu}[name]

    def driven(time):
        return stax.serial(stax.Index(idx=stax.Slice[:, time]), stax.Dense(1, layer.input, layer.bias))

    unrolled = stax.serial(driven(0), nonlinearity())
    for time in range(1, ROWS.shape[1]):
        recurrent = stax.serial(unrolled, stax.Dense(1, layer.recurrent))
        branches = stax.FanOut(2), stax.parallel(driven(time), recurrent), stax.FanInSum()
        unrolled = stax.serial(*branches, nonlinearity())
    expected = stax.serial(unrolled, stax.Dense(1))[2](ROWS, COLUMNS, ("nngp", "ntk"))
    found = stax.serial(Recurrent(1, layer), stax.Dense(1))[2](ROWS, COLUMNS, ("nngp", "ntk"))
    close(found.nngp[:, :, -1, -1], expected.nngp)
    close(found.ntk[:, :, -1, -1], expected.ntk)


def test_empirical_kernels_of_all_implementations_are_the_product_of_jacobians(nt):
    init, apply, _ = nt.stax.serial(nt.stax.Dense(5), Recurrent(6, LAYERS["rates"]), nt.stax.Dense(1))
    params = init(jax.random.PRNGKey(0), ROWS.shape)[1]
    flat, shaped = jax.flatten_util.ravel_pytree(params)
    J = jax.jit(jax.jacobian(lambda flat: apply(shaped(flat), ROWS).ravel()))(flat)
    for implementation in (1, 2, 3):
        empirical = jax.jit(nt.empirical_ntk_fn(apply, trace_axes=(), implementation=implementation))
        found = empirical(ROWS, None, params)[..., 0, 0]  # (sequence, other, time, other time)
        close(found.transpose(0, 2, 1, 3).reshape(J.shape[0], -1), J @ J.T)


def test_finite_networks_learn_each_group_of_weights_at_its_rate(nt):
    """The empirical kernel is the sum over groups of the rate times the kernel of that group alone, draw by draw."""
    rates = {"recurrent": 0.5, "input": 2.0, "bias": 1.5, "initial_state": 0.7}

    def jacobian(layer):
        init, apply, _ = Recurrent(6, layer)
        params = init(jax.random.PRNGKey(0), ROWS.shape)[1]
        flat, shaped = jax.flatten_util.ravel_pytree(params)

        def twice(flat):
            outputs = apply(shaped(flat), ROWS).ravel()
            return outputs, outputs

        return jax.jit(jax.jacobian(twice, has_aux=True))(flat)

    def layer(**rates):
        all_rates = {"recurrent": 0.0, "input": 0.0, "bias": 0.0, "initial_state": 0.0} | rates
        return RecurrentLayer(Erf(), 1.5, 1.0, 0.3, InitialState(0.8), Rates(**all_rates))

    J, outputs = jacobian(layer(**rates))
    alone = {name: jacobian(layer(**{name: 1.0})) for name in rates}
    for (J_alone, same), trained in zip(alone.values(), (36, 12, 6, 6), strict=True):
        close(same, outputs)
        assert (np.abs(J_alone).max(0) > 1e-6).sum() == trained  # of that group all weights, and no others
    close(J @ J.T, sum(rates[name] * each @ each.T for name, (each, _) in alone.items()))


def composed(nt, width, layer):
    stax = nt.stax
    before = stax.Dense(width, 1.1, 0.2), stax.Erf()
    return stax.serial(*before, Recurrent(width, layer), stax.Dense(width, 0.9), stax.Relu(), stax.Dense(1))


def distance(found, expected):
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize(("name", "rival"), [("erf", "untied"), ("untied", "erf")])
def test_wide_networks_between_dense_layers_have_the_kernel(nt, name, rival):
    """The mean over draws is off by its own standard error, and a bias of order 1/N; the rival's is not it."""
    width, draws = 256, 16
    init, apply, kernel = composed(nt, width, LAYERS[name])
    empirical = nt.empirical_ntk_fn(apply, trace_axes=(-1,), implementation=1)

    @jax.jit
    def one(key):
        return empirical(ROWS[:2], None, init(key, ROWS[:2].shape)[1])

    found = np.stack([one(key) for key in jax.random.split(jax.random.PRNGKey(1), draws)])
    expected = np.asarray(kernel(ROWS[:2], None, "ntk"))
    spread = np.sqrt((found.var(0, ddof=1) / draws).sum()) / np.linalg.norm(expected)
    tolerance = 3 * spread + 4 / width
    assert distance(found.mean(0), expected) < tolerance
    assert distance(found.mean(0), composed(nt, width, LAYERS[rival])[2](ROWS[:2], None, "ntk")) > tolerance


def test_prediction_is_the_kernel_flow(nt):
    sequences, targets = ROWS, RANDOM.normal(size=(3, 1))
    kernel = nt.stax.serial(
        Recurrent(1, LAYERS["erf"]), nt.stax.Index(idx=nt.stax.Slice[:, -1]), nt.stax.Dense(1)
    )[2](sequences, None, "ntk")
    predict = nt.predict.gradient_descent_mse(kernel, targets)
    expected = targets - jax.scipy.linalg.expm(-1.7 * kernel / targets.size) @ targets
    close(predict(1.7, jnp.zeros((3, 1))), expected)
    flow = KernelFlow(kernel, targets[:, 0])
    close(flow.outputs(flow.left_by_flow([1.7]))[0], expected[:, 0])


def test_linearised_network_follows_its_weights_to_first_order(nt):
    init, apply, _ = nt.stax.serial(Recurrent(8, LAYERS["erf"]), nt.stax.Dense(1))
    params, direction = (init(jax.random.PRNGKey(key), ROWS.shape)[1] for key in (0, 1))
    linear, errors = nt.linearize(apply, params), []
    for size in (1e-2, 1e-3):
        moved = jax.tree.map(lambda weight, change, size=size: weight + size * change, params, direction)
        errors.append(float(jnp.abs(apply(moved, ROWS) - linear(moved, ROWS)).max()))
    assert errors[0] > 1e-7 and errors[1] == pytest.approx(errors[0] / 100, rel=0.2)


def test_masked_ends_are_shorter_sequences(nt):
    layer, ragged = LAYERS["erf"], [ROWS[0], ROWS[1][:2], ROWS[2][:3]]
    values, lengths = padded(ragged)
    expected = all_pairs(RecurrentNetwork(layer), values, lengths)
    values[np.arange(values.shape[1]) >= lengths[:, None]] = 100.0
    init, apply, kernel = nt.stax.serial(Recurrent(8, layer), nt.stax.Dense(1))
    found = kernel(values, None, "ntk", mask_constant=100.0)
    valid = expected.valid[:, None, :, None] & expected.valid[None, :, None, :]
    close(np.asarray(found)[valid], by_pairs(expected.ntk)[valid])
    assert not np.asarray(found)[~valid].any()
    params = init(jax.random.PRNGKey(0), values.shape)[1]
    outputs = nt.stax.unmask_fn(apply)(params, values, mask_constant=100.0)
    for each, output in zip(ragged, outputs, strict=True):
        close(output[: len(each)], apply(params, each[None])[0])
        assert not output[len(each) :].any()


def test_kernels_compile_into_a_user_s_program(nt):
    kernel = nt.stax.serial(nt.stax.Dense(1), Recurrent(1, LAYERS["erf"]), nt.stax.Dense(1))[2]
    close(jax.jit(lambda x: kernel(x, None, "ntk"))(ROWS), kernel(ROWS, None, "ntk"))
    fixed = Recurrent(1, RecurrentLayer(Tanh(terms=64), 1.0))[2]
    close(jax.jit(lambda x: fixed(x, None, "nngp"))(ROWS), fixed(ROWS, None, "nngp"))
    with pytest.raises(ProblemError, match="Tanh needs: give them"):
        jax.jit(lambda x: Recurrent(1, LAYERS["tanh"])[2](x, None, "nngp"))(ROWS)


def test_refuses():
    with pytest.raises(ProblemError, match="independent between inputs"):
        Recurrent(8, RecurrentLayer(Erf(), 1.0, initial_state=InitialState(0.5, shared=False)))
    with pytest.raises(ProblemError, match=r"\(batch, time, channel\), but these have shape \(3, 2\)"):
        Recurrent(8, LAYERS["erf"])[2](ROWS[:, 0], None, "ntk")
    with pytest.raises(ProblemError, match="width = 0"):
        Recurrent(0, LAYERS["erf"])
