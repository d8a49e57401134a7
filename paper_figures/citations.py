"""What figures and claims rest on, as BibTeX."""

import re
from importlib.resources import files

from theory.errors import ProblemError


def references() -> dict[str, str]:
    """Every BibTeX entry of `theory/references.bib` by its key.

    >>> print(references()["saxe2014exact"].splitlines()[0])
    @inproceedings{saxe2014exact,
    """
    text = files("theory").joinpath("references.bib").read_text(encoding="utf-8")
    entries = [entry.strip() for entry in re.split(r"^(?=@)", text, flags=re.MULTILINE) if entry.strip()]
    return {re.match(r"@\w+\{([^,\s]+),", entry)[1]: entry for entry in entries}


def citing() -> dict:
    """Every claim and figure by its name; where a claim and a figure share one, both."""
    from numerics.claims import every_claim
    from paper_figures.gallery import every_figure

    found: dict = {}
    for thing in (*every_claim(), *every_figure()):
        found.setdefault(thing.name, []).append(thing)
    return found


def cite(names: tuple[str, ...] = ()) -> str:
    """The BibTeX entries that claims and figures rest on, each once.

    Args:
        names: of claims and figures; all of them if none is given.

    Raises:
        ProblemError: a name that neither a claim nor a figure has.

    >>> cite(("lag_bias",)).startswith("@inproceedings{emami2021implicit")
    True
    """
    known, entries = citing(), references()
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ProblemError(f"no claim or figure is called {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    keys = sorted({key for name in names or known for thing in known[name] for key in thing.cites})
    if not keys:
        return f"% {', '.join(names)}: derived in attractory itself; cite the software (CITATION.cff)."
    return "\n\n".join(entries[key] for key in keys)
