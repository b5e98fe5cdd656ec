"""Static checks: ruff, pylint-odoo, OCA's checks of modules and translations."""

import subprocess

from .console import say, step
from .environment import Environment
from .workspace import child_env

LOCKS = ("requirements-lint.txt",)
# Readmes are fragments under readme/; a README.rst is made of them when a module is packed.
PYLINT_WITHOUT = "--disable=missing-readme"
# It clears a translation that equals its source, and a complete one may hold such (SMS).
PO_WITHOUT = "--disable=po-pretty-format"


def run(project, options):
    """Run every check and print what it found; return 1 when one failed."""
    failed = 0
    for name, problems in results(project.workspace, options.fix):
        for problem in problems:
            say(f"    FAILED {name}: {problem}")
        failed += bool(problems)
    return 1 if failed else 0


def results(workspace, fix=False):
    """Yield ``(name, problems)`` of each check.

    :param fix: let the tools correct what they can
    """
    workspace.prepare(1)
    environment = Environment(workspace, "lint", LOCKS)
    environment.ensure()
    for name, command in checks(workspace, environment.path / "bin", fix):
        with step(f"Lint: {name}"):
            yield name, problems_of(workspace, command)


def checks(workspace, programs, fix):
    """Return ``[(name, command)]``."""
    fixing = ["--fix"] if fix else []
    modules = workspace.modules()
    translations = sorted(
        str(path.relative_to(workspace.root))
        for module in workspace.module_paths()
        for path in module.glob("i18n/*.po*")
    )
    found = [
        ("ruff", [programs / "ruff", "check", "--quiet", *fixing, "."]),
        ("pylint-odoo", [programs / "pylint", PYLINT_WITHOUT, *modules]),
    ]
    oca = [programs / "oca-checks-odoo-module", *fixing]
    found += [(f"oca-checks-odoo-module {module}", [*oca, module]) for module in modules]
    if translations:
        found.append(("oca-checks-po", [programs / "oca-checks-po", PO_WITHOUT, *translations]))
    return found


def problems_of(workspace, command):
    """Run one check; return its output as the only problem when it failed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=workspace.root,
        text=True,
        env=child_env(
            RUFF_CACHE_DIR=workspace.cache / "ruff", PYLINTHOME=workspace.cache / "pylint"
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return [f"\n{done.stdout.strip()}"] if done.returncode else []
