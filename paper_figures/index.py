"""The index of figures: figure, paper, command, runtime, verdict; as Markdown."""

import re

from paper_figures.figure import Figure

_HEAD = """# Figures

Written by `make figures`; theory as lines, networks as dots. The verdicts are of the claims that a figure shows
(`make validate` prints them in numbers); `attractory cite NAME` prints the BibTeX of its papers.

| figure | paper | command | runtime (quick, 2 cores) | verdict of its claims |
|---|---|---|---|---|
"""


def index(figures: list[Figure], verdicts: dict[str, str]) -> str:
    """The table of figures.

    Args:
        figures: its rows, in this order.
        verdicts: "agrees", "disagrees" or "underpowered" by the name of a claim.

    >>> from paper_figures.lag_bias import lag_bias
    >>> print(index([lag_bias], {"lag_bias": "agrees"}).splitlines()[-1].split(" | ")[-1])
    agrees: `lag_bias` |
    """
    rows = (
        f"| {figure.title} | {figure.paper} | `attractory figures {figure.name}` | {figure.runtime} | "
        f"{_cell(figure, verdicts)} |"
        for figure in figures
    )
    return _HEAD + "\n".join(rows) + "\n"


def verdicts_in(text: str) -> dict[str, str]:
    """The verdicts that an index states, by the name of the claim.

    >>> verdicts_in("| ... | agrees: `a`, `b`; disagrees: `c` |")
    {'a': 'agrees', 'b': 'agrees', 'c': 'disagrees'}
    """
    cells = re.findall(r"(agrees|disagrees|underpowered): ((?:`\w+`(?:, )?)+)", text)
    return {claim: verdict for verdict, claims in cells for claim in re.findall(r"`(\w+)`", claims)}


def _cell(figure: Figure, verdicts: dict[str, str]) -> str:
    if not figure.claims:
        return "makes no claim of its own"
    said = {name: verdicts.get(name, "not run") for name in figure.claims}
    return "; ".join(
        f"{verdict}: " + ", ".join(f"`{name}`" for name in figure.claims if said[name] == verdict)
        for verdict in dict.fromkeys(said.values())
    )
