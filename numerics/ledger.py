"""The ledger of claims: what theory said, what networks did, and whether we could have told."""

from numerics.validation import Report


def ledger(reports: list[Report], file=None) -> None:
    """Print the ledger as a table, one row a claim, and each claim's sentence below it.

    Args:
        reports: what `validate` returned.
        file: where to write plain text; None prints to the terminal.
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(file=file)
    if not console.is_terminal:
        # a pipe has no width of its own, and eighty columns would break the numbers
        console = Console(file=file, width=160)
    table = Table(title="Claims against trained and fitted networks", title_justify="left")
    for heading in (
        "claim",
        "predicted",
        "networks",
        "gap",
        "gap / s.e.",
        "exponent (predicted)",
        "control rejected",
        "detectable error",
        "verdict",
    ):
        table.add_column(heading)
    colour = {"agrees": "green", "disagrees": "red", "underpowered": "yellow"}
    for report in reports:
        judgement = report.judgement
        low, high = judgement.exponent_interval
        table.add_row(
            report.claim.name,
            f"{report.predicted:.6g}",
            f"{report.measured:.6g}",
            f"{judgement.gap:.1e}",
            f"{judgement.standard_errors:.2f}",
            f"{judgement.exponent:.2f} [{low:.2f}, {high:.2f}] ({report.predicted_exponent})",
            f"{'yes' if report.control.rejected else 'NO'} (gap {report.control.gap:.1e})",
            f"{judgement.detectable:.1e}",
            f"[{colour[report.verdict]}]{report.verdict}",
        )
    console.print(table)
    for report in reports:
        console.print(
            f"[bold]{report.claim.name}[/bold] ({report.claim.kind}). {report.claim.sentence}\n"
            f"  predicted and networks: {report.claim.headline}. control: {report.claim.control}.",
            highlight=False,
        )
