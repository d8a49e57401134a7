"""`attractory validate`: the ledger of claims."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Validate:
    """Check the claims against trained and fitted networks and print the ledger.

    Runs what is not on disk yet, with an estimate of the cost first; an interrupted call goes on where it
    stopped. Exit status 0 whatever the verdicts: a disagreement is a result.
    """

    claims: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Names of claims; all of them if none is given."""
    scale: Literal["quick", "paper"] = "quick"
    """quick takes minutes on two cores."""
    output: Path = Path("paper_figures/output")
    """Folder that holds `results`."""
    details: bool = False
    """Print each report in full as well."""

    def run(self) -> int:
        """Validate and print."""
        from numerics.claims import every_claim
        from numerics.computation import run_all
        from numerics.ledger import ledger
        from numerics.processes import available
        from numerics.results import ResultStore
        from numerics.validation import validate
        from theory.errors import ProblemError

        known = {claim.name: claim for claim in every_claim()}
        unknown = [name for name in self.claims if name not in known]
        if unknown:
            raise ProblemError(f"no claim is called {', '.join(unknown)}; there are {', '.join(known)}.")
        store = ResultStore(self.output / "results")
        chosen, reports = self.claims or tuple(known), []
        needed = [trial.experiment for name in chosen for trial in known[name].trials(self.scale)]
        run_all(needed, store, processes=available())
        for name in chosen:
            reports.append(validate(known[name], self.scale, store, report=lambda text: None))
            if self.details:
                print(reports[-1], end="\n\n")
        ledger(reports)
        return 0
