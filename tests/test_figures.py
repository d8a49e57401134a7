"""Figures draw, from shrunken experiments, and nothing is computed or drawn twice."""

import dataclasses

import pytest

from numerics.experiment import Experiment
from paper_figures import gallery


@pytest.fixture
def small(monkeypatch):
    """Every experiment of the figures at width 16 at most, with two seeds and coarse steps."""
    original = Experiment.__init__

    def shrunken(self, *arguments, **options):
        original(self, *arguments, **options)
        object.__setattr__(self, "width", min(self.width, 16))
        object.__setattr__(self, "seeds", min(self.seeds, 2))
        if self.problem.learning_rule.chosen_step_size() is None:
            object.__setattr__(self, "step_size", 0.05)

    monkeypatch.setattr(Experiment, "__init__", shrunken)
    assert dataclasses.is_dataclass(Experiment)


def test_figures_are_found():
    names = {figure.name for figure in gallery.every_figure()}
    assert {"integrator_outlier", "recurrent_spectrum", "integrator_loss"} <= names


@pytest.mark.parametrize(
    "names",
    [
        ("seed_band",),
        pytest.param(tuple(figure.name for figure in gallery.every_figure()), marks=pytest.mark.full),
    ],
    ids=["one", "all"],
)
def test_gallery_draws_once_and_then_finds_everything(small, tmp_path, names):
    first, second = [], []
    page = gallery.make_figures("quick", tmp_path, names, first.append)
    text = page.read_text(encoding="utf-8")
    for name in names:
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
        assert (tmp_path / f"{name}.pdf").exists()
        assert f'src="{name}.png"' in text
        assert any(line.startswith(f"{name}: drawn") for line in first)
    gallery.make_figures("quick", tmp_path, names, second.append)
    assert any("all found" in line for line in second)
    assert all(f"{name}: up to date" in second for name in names)
    assert not list(tmp_path.glob(".*part"))
