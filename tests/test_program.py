"""The shell: light to start, plain in its refusals; the README and the layout it promises."""

import ast
import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from numerics.claims import every_claim
from paper_figures.citations import citing, references
from paper_figures.gallery import every_figure
from paper_figures.index import index, verdicts_in
from paper_figures.program import main

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import theory", "jax sympy xarray matplotlib"),
        ("import numerics", "jax sympy xarray matplotlib"),
        ("import paper_figures.program", "jax sympy xarray matplotlib scipy diffrax"),
    ],
)
def test_importing_is_light(statement, heavy):
    """Parsing arguments must not wait for the heavy libraries."""
    check = f"import sys; {statement}; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert all(command in printed for command in ("figures", "sweep", "validate", "benchmark", "cite", "doctor"))


@pytest.mark.parametrize("command", ["figures", "sweep", "validate"])
def test_unknown_name_is_refused_in_one_line(command, tmp_path, capsys):
    status = main([command, "no_such_thing", "--output", str(tmp_path)])
    error = capsys.readouterr().err
    assert status == 1
    assert "no_such_thing" in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_claims_and_figures_cite_papers_that_are_listed(capsys):
    """Every key has an entry; every arXiv number in a text has one too, and is among what its owner cites."""
    entries, used = references(), set()
    for things in citing().values():
        for thing in things:
            used |= set(thing.cites)
            text = getattr(thing, "reference", "") + getattr(thing, "paper", "") + getattr(thing, "caption", "")
            cited = "".join(entries[key] for key in thing.cites)
            assert all(number in cited for number in re.findall(r"\d{4}\.\d{5}", text)), (thing.name, text)
            assert "NeurIPS" not in text or "Neural Information" in cited, thing.name
    assert used <= set(entries)
    assert main(["cite", "lag_bias", "chain_end"]) == 0
    printed = capsys.readouterr().out
    assert re.findall(r"^@\w+\{(\w+),", printed, re.MULTILINE) == ["emami2021implicit", "qian2024partial"]
    assert main(["cite", "no_such_thing"]) == 1


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    found = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    found |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in found}


@pytest.mark.parametrize(
    ("package", "forbidden"), [("theory", {"numerics", "paper_figures"}), ("numerics", {"paper_figures"})]
)
def test_imports_point_one_way(package, forbidden):
    for path in (ROOT / package).rglob("*.py"):
        assert not imports_of(path) & forbidden, path


def test_readme_names_what_exists():
    """Its make targets, its claims, and its files."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z]+)\b", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / link).exists(), link
    assert sorted(re.findall(r"^\| `(\w+)`:", readme, re.MULTILINE)) == [claim.name for claim in every_claim()]


def test_index_of_figures_is_what_the_figures_say():
    """All of it but the verdicts, which `make figures` writes; none of them may be missing or underpowered."""
    text = (ROOT / "paper_figures" / "README.md").read_text(encoding="utf-8")
    figures, verdicts = every_figure(), verdicts_in(text)
    assert text == index(figures, verdicts)
    assert set(verdicts) == {claim for figure in figures for claim in figure.claims}
    assert set(verdicts) <= {claim.name for claim in every_claim()}
    assert "underpowered" not in verdicts.values()


def test_readme_code_runs(tmp_path, monkeypatch, capsys):
    """Its examples, as written, but for the size of the claim it validates."""
    from numerics import claims

    monkeypatch.chdir(tmp_path)
    quick = [
        dataclasses.replace(trial, experiment=dataclasses.replace(trial.experiment, width=16, seeds=3))
        for trial in claims.integrator_half_time.trials("quick")[:4]
    ]
    monkeypatch.setattr(type(claims.integrator_half_time), "trials", lambda *_: quick)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    namespace: dict = {}
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        exec(block, namespace)
    printed = capsys.readouterr().out
    assert "exact confinement" in printed and "integrator_half_time" in printed
    assert namespace["path"].sizes["training_time"] == 81
    problem = namespace["Problem"](
        teacher=namespace["teachers"].leaky_integrator(rate=0.4),
        architecture=namespace["Symmetric"](),
        initialisation=namespace["initialisations"].Gaussian(0.3, 0.3),
        objective=namespace["objectives"].WhiteNoise(),
        learning_rule=namespace["learning_rules"].GradientFlow(),
    )
    networks = namespace["simulate"](problem, 8, 2, 2.0, records=3, step_size=0.05)
    assert (networks.loss[:, -1] < networks.loss[:, 0]).all()
