"""The `attractory` program: parses arguments without importing JAX, then runs one command."""

import sys
from typing import Annotated

import tyro

from numerics.commands.benchmark import Benchmark
from numerics.commands.check_fit import CheckFit
from numerics.commands.check_recording import CheckRecording
from numerics.commands.doctor import Doctor
from numerics.commands.validate import Validate
from paper_figures.commands import Cite, Figures, Sweep

Command = (
    Annotated[Figures, tyro.conf.subcommand("figures")]
    | Annotated[Sweep, tyro.conf.subcommand("sweep")]
    | Annotated[Validate, tyro.conf.subcommand("validate")]
    | Annotated[Benchmark, tyro.conf.subcommand("benchmark")]
    | Annotated[CheckRecording, tyro.conf.subcommand("check-recording")]
    | Annotated[CheckFit, tyro.conf.subcommand("check-fit")]
    | Annotated[Cite, tyro.conf.subcommand("cite")]
    | Annotated[Doctor, tyro.conf.subcommand("doctor")]
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; errors of the user's are printed as one paragraph, without a traceback.

    Returns:
        The exit status: 0 done, 1 refused or failed, 130 interrupted.
    """
    command = tyro.cli(
        Command,
        prog="attractory",
        description=__doc_program__,
        args=arguments,
        config=(tyro.conf.OmitSubcommandPrefixes, tyro.conf.OmitArgPrefixes),
    )
    from theory.errors import AttractoryError

    try:
        return command.run()
    except AttractoryError as error:
        print(f"attractory: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, run the same command again to go on", file=sys.stderr)
        return 130


__doc_program__ = "Derive how recurrent networks learn, check it on trained networks, and draw it."

if __name__ == "__main__":
    sys.exit(main())
