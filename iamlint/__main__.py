"""``python -m iamlint``."""

from iamlint.cli import main

main()
