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
# # Can I trust my fitted network?
#
# You record a fifth of the neurons of a circuit, fit a network to what they do, and read a slow mode out of its
# weights: *a line attractor*. This notebook does that to two circuits whose truth is known. One has a line attractor.
# The other has no slow mode at all: activity runs through it from neuron to neuron and is gone.

# %%
import matplotlib.pyplot as plt
import numpy as np

from numerics.checking.fit import check_fit
from numerics.checking.recording import check_recording
from numerics.checking.weights import Weights
from numerics.recordings import record
from theory import circuits, partial_observation, students

line = circuits.symmetric_line_attractor(100, slow=1000.0)
chain = circuits.feedforward_chain(100, skip=1.0, rotated=True)
seen = range(20)
recordings = {
    "line attractor": record(line, samples=20_000, bin_size=1.0, observed=seen),
    "feedforward chain": record(chain, samples=20_000, bin_size=1.0, observed=seen),
}

# %% [markdown]
# ## What the fits say
#
# The simplest network that can be fitted, a regression of each bin on the one before. All times are in units of a
# single neuron's time constant.

# %%
student = students.Autoregression()
fits = {name: student.fit(recording) for name, recording in recordings.items()}
for (name, fit), circuit in zip(fits.items(), (line, chain), strict=True):
    print(f"{name}: true slowest timescale {circuit.truth.timescales[0]:.0f}, fitted {fit.slowest():.0f}")

# %% [markdown]
# The memory that is there comes out several times too short, and one that is not there comes out *as long*. Both fits
# predict the next bin as well as any linear network could; a cross-validated score will not tell you.
#
# ## It is not a lack of data
#
# Theory fits the same student to what an *endless* recording would show. Lines: endless. Dots: the 20,000 bins.

# %%
fractions = np.array([0.03, 0.05, 0.1, 0.2, 0.4, 0.7])
figure, axes = plt.subplots(figsize=(4, 2.8), layout="constrained")
for (name, fit), circuit, colour in zip(fits.items(), (line, chain), ("#0072B2", "#D55E00"), strict=True):
    endless = [
        student.fit(partial_observation.RecordedCircuit(circuit, range(int(100 * f)), bin_size=1.0)).slowest()
        for f in fractions
    ]
    axes.plot(fractions, endless, color=colour, label=name)
    axes.plot(0.2, fit.slowest(), "o", mfc="white", color=colour)
    axes.axhline(circuit.truth.timescales[0], color=colour, ls=":", lw=1)
axes.set(xscale="log", yscale="log", xlabel="fraction of neurons recorded", ylabel="slowest timescale of the fit")
axes.legend()
plt.show()

# %% [markdown]
# Dotted: the truth. No amount of recording helps where hidden neurons feed the ones you see: the fit must explain their
# input as memory of what it can see.
#
# ## What the recording itself can say
#
# A fit over one bin throws away what the recording says about longer lags. `check_recording` asks it two questions:
# could a *reversible* circuit, such as a symmetric line attractor, have made this; and is there *one* persistent mode,
# or a memory that only looks like one?

# %%
for name, recording in recordings.items():
    report = check_recording(recording, time_constant=1.0)
    print(f"{name}: a persistent mode is {report.mode.value.upper()}")
print()
print(report)

# %% [markdown]
# ## What the fit may claim
#
# `check_fit` takes the weights, too. It looks for the memory that the fit's slow mode promises, and for circuits of
# fast hidden neurons that would have led to the same fit. We recorded a fifth of the circuit, so no more than
# four fifths can be hidden: it matters to say so.

# %%
for name, recording in recordings.items():
    weights = Weights(propagator=fits[name].propagator, time_constant=1.0)
    print(name + ":", check_fit(recording, weights, fraction=0.2), sep="\n", end="\n\n")

# %% [markdown]
# ## What to do about it
#
# Perturb. Watching alone tells in principle, and soon, but only to a test that knows what it is to tell the fit from.
# The response to a pulse begins with the circuit's own connections, whatever is hidden: it needs no candidate.

# %%
rate = partial_observation.markov_divergence_rate(chain, seen)
watching = partial_observation.recording_time_needed(rate)
pulse = np.ones(20)
trials = partial_observation.pulse_trials_needed(chain, seen, pulse, time=1.0, readout=pulse)
print(f"to reject the chain's fit by watching, knowing the chain: {watching:.1f} time constants")
print(f"by pulses to all recorded neurons, read out a time constant later: {np.ceil(trials):.0f} trials")

# %% [markdown]
# And before you record: `choose_next_neurons` says which neurons to add, `best_pulse` what to perturb. For your own
# data, `attractory check-recording FILE` and `attractory check-fit FILE WEIGHTS` write the same answers as a page.
