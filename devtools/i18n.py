"""Translations: export the ``.pot``, update ``pl.po``, and say what is missing."""

import re
import subprocess
import tempfile
from pathlib import Path

from .console import Problem, say, step
from .workspace import child_env

LANGUAGE = "pl"
# Header lines that differ with every export.
CHANGING = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Project-Id-Version): .*\n', re.M)


def run(project, _options):
    """Update the files of every module; return 1 when a translation is incomplete."""
    database = project.databases.ensure_modules()
    problems = []
    for module in project.workspace.module_paths():
        with step(f"Translations of {module.name}"):
            update(project, database, module)
        problems += incomplete(module)
    for problem in problems:
        say(f"    {problem}")
    return 1 if problems else 0


def update(project, database, module):
    """Write the module's ``.pot`` where its terms changed, and bring ``pl.po`` up to it."""
    folder = module / "i18n"
    folder.mkdir(exist_ok=True)
    pot, po = folder / f"{module.name}.pot", folder / f"{LANGUAGE}.po"
    text = export(project, database, module.name)
    if not pot.exists() or terms(pot.read_text()) != terms(text):
        pot.write_text(text)
    if po.exists():
        merge = ["msgmerge", "--quiet", "--update", "--backup=off", "--no-fuzzy-matching"]
        gettext(*merge, po, pot)
        gettext("msgattrib", "--no-obsolete", "-o", po, po)
    else:
        gettext("msginit", "--no-translator", "-l", f"{LANGUAGE}_PL.UTF-8", "-i", pot, "-o", po)


def export(project, database, module):
    """Return the text of a module's ``.pot`` as Odoo exports it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "export.pot")
        command = [
            project.environment.python,
            "-m",
            "odoo",
            "i18n",
            "export",
            "-c",
            project.runner.conf,
            "-d",
            database,
            "-o",
            target,
            module,
        ]
        done = subprocess.run(
            [str(word) for word in command],
            env=project.runner.env(),
            cwd=project.workspace.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode or not target.exists():
            raise Problem(f"Odoo could not export the terms of {module}:\n{done.stderr[-2000:]}")
        return target.read_text()


def terms(text):
    """Return a ``.pot`` without the header lines that differ with every export."""
    return CHANGING.sub("", text)


def outdated(project, database):
    """Return what is wrong with the translations, compared with an installed database."""
    problems = []
    for module in project.workspace.module_paths():
        pot = module / "i18n" / f"{module.name}.pot"
        if not pot.exists() or terms(pot.read_text()) != terms(
            export(project, database, module.name)
        ):
            problems.append(f"{module.name}: the .pot is not current; run ./dev i18n")
        problems += incomplete(module)
    return problems


def incomplete(module):
    """Return what is missing in a module's ``pl.po``."""
    po = module / "i18n" / f"{LANGUAGE}.po"
    if not po.exists():
        return [f"{module.name}: there is no i18n/{LANGUAGE}.po; run ./dev i18n"]
    done = subprocess.run(
        ["msgfmt", "--check-format", "--statistics", "-o", "/dev/null", str(po)],
        env=child_env(LC_ALL="C"),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return [f"{module.name}: {done.stderr.strip()}"]
    left = ", ".join(re.findall(r"\d+ (?:fuzzy|untranslated) \w+", done.stderr))
    return [f"{module.name}: {left} in i18n/{LANGUAGE}.po"] if left else []


def gettext(*command):
    """Run one of gettext's programs; raise when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        env=child_env(LC_ALL="C.UTF-8"),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Problem(f"{command[0]} failed: {done.stderr.strip()}", "correct the file it names.")
