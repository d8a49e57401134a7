"""The commands of the `attractory` program: each a frozen dataclass with `run`. Importing them is cheap."""
