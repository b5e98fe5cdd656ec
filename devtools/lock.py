"""Renew the hashed lock files ``requirements*.txt`` from their ``requirements*.in``.

The versions are resolved by pip for the running Python; the hashes are those of every file
of that version in pip's own index, so that other Pythons and machines can install them too.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from .console import Problem, say, step

# Each lock is resolved together with the ones before it and lists only what they lack.
GROUPS = (
    ("requirements-odoo", "requirements", "requirements-dev"),
    ("requirements-lint",),
)
# The first release of the oldest Python that ./dev takes.
OLDEST_PYTHON = "3.10.0"
HEADER = "# Made by ./dev lock from {source}; do not edit.\n"

# Runs under the given Python with pip's own session, so that index, proxy and certificates
# are those of the machine. Reads [name, version] pairs, writes {name: [hash, ...]}.
HASHES_SCRIPT = """
import json, sys
from pip._internal.commands import create_command
from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.utils import (
    InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename)
from pip._vendor.packaging.version import InvalidVersion, Version

def version_of(filename):
    parse = parse_wheel_filename if filename.endswith('.whl') else parse_sdist_filename
    try:
        return parse(filename)[1]
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None

asked = json.load(sys.stdin)
command = create_command('download')
options, _args = command.parse_args(['anything'])
accept = {'Accept': 'application/vnd.pypi.simple.v1+json'}
answer = {'hashes': {}, 'refusing': []}
with command.main_context():
    session = command._build_session(options)
    for name, version in asked['pins']:
        page = session.get(options.index_url.rstrip('/') + '/' + name + '/', headers=accept)
        page.raise_for_status()
        files = [file for file in page.json()['files']
                 if 'sha256' in file['hashes'] and version_of(file['filename']) == Version(version)]
        answer['hashes'][name] = sorted(file['hashes']['sha256'] for file in files)
        if not all(SpecifierSet(file.get('requires-python') or '').contains(asked['oldest'])
                   for file in files):
            answer['refusing'].append(name + '==' + version)
json.dump(answer, sys.stdout)
"""


def normalise(name):
    """Return a distribution name as package indexes spell it."""
    return name.lower().replace("_", "-").replace(".", "-")


def resolve(python, sources, constraints):
    """Return ``{name: (version, extras)}`` of what pip would install, from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        pins = Path(folder, "pins.txt")
        pins.write_text("".join(f"{name}=={pin}\n" for name, (pin, _extras) in constraints.items()))
        command = [python, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--report", str(report), "-c", str(pins)]
        for source in sources:
            command += ["-r", str(source)]
        if subprocess.run(command).returncode:
            raise Problem(
                f"pip could not resolve {', '.join(source.name for source in sources)}.",
                "read pip's message above; correct the .in file or restore the network.",
            )
        found = json.loads(report.read_text())["install"]
    return {
        normalise(item["metadata"]["name"]): (
            item["metadata"]["version"],
            item.get("requested_extras", []),
        )
        for item in found
    }


def conditional(source):
    """Return ``{name: marker}`` of the lines of a file that carry an environment marker."""
    markers = {}
    for line in source.read_text().splitlines():
        if ";" in line and not line.startswith("#"):
            name, marker = line.split(";", 1)
            markers[normalise(name.strip())] = marker.strip()
    return markers


def newest(python, name):
    """Return the newest version of a package that the index offers."""
    command = [python, "-m", "pip", "index", "versions", name]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return out.split("(", 1)[1].split(")", 1)[0]


def fetch_hashes(python, pins):
    """Return ``{name: [sha256, ...]}`` for every file of the pinned versions.

    Raises :class:`Problem` for versions that the oldest Python we support cannot install.
    """
    versions = sorted((name, version) for name, (version, _extras) in pins.items())
    asked = {"pins": versions, "oldest": OLDEST_PYTHON}
    done = subprocess.run(
        [python, "-c", HASHES_SCRIPT], input=json.dumps(asked), stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise Problem("The package index did not list the hashes.", "see pip's message above.")
    answer = json.loads(done.stdout)
    if answer["refusing"]:
        raise Problem(
            f"Not for Python {OLDEST_PYTHON}: {', '.join(answer['refusing'])}.",
            "bound these packages in the .in file to older versions.",
        )
    return answer["hashes"]


def write_lock(target, source, pins, markers, hashes):
    """Write one lock file, sorted by name.

    :param pins: ``{name: (version, extras)}``
    """
    lines = [HEADER.format(source=source.name)]
    for name, (version, extras) in sorted(pins.items()):
        extra = f"[{','.join(extras)}]" if extras else ""
        marker = f" ; {markers[name]}" if name in markers else ""
        lines.append(f"{name}{extra}=={version}{marker}")
        lines += [f"    --hash=sha256:{digest}" for digest in hashes[name]]
    text = "\n".join(lines) + "\n"
    target.write_text(text.replace("\n    --hash", " \\\n    --hash"))


def lock_group(root, names, python):
    """Renew the locks of one group of files that are installed together."""
    known = {}
    for count, name in enumerate(names, start=1):
        source = root / f"{name}.in"
        with step(f"Resolving {source.name}"):
            sources = [root / f"{other}.in" for other in names[:count]]
            resolved = resolve(python, sources, known)
            markers = conditional(source)
            resolved.update(
                (other, (newest(python, other), [])) for other in markers if other not in resolved
            )
            pins = {key: resolved[key] for key in resolved.keys() - known.keys()}
            write_lock(root / f"{name}.txt", source, pins, markers, fetch_hashes(python, pins))
            known.update(pins)
        say(f"    {len(pins)} packages in {name}.txt")


def run(workspace):
    """Renew every lock file of the repository."""
    with tempfile.TemporaryDirectory(dir=workspace.runtime) as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        for names in GROUPS:
            lock_group(workspace.root, names, str(Path(folder, "bin", "python")))
