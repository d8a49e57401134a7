"""`attractory doctor`: is this environment one to trust?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Doctor:
    """Check the installed libraries for known defects, by running their reproducers."""

    def run(self) -> int:
        """Print the report; 1 if a check failed."""
        from theory.environment import check_environment

        report = check_environment()
        print(report)
        return 0 if report.passed else 1
