"""Set-up, tests, demo and upkeep of this repository, behind the script ``dev``.

Only the standard library is imported here, since this package also builds the virtual
environment; what runs inside that environment says so in its own docstring.
"""
