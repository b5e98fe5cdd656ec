"""Odoo 19: fetched from Debian's signed archive, or one that is already there.

The archive's address is read from the machine's own apt configuration. Its signature decides
what is genuine; the version is printed and never checked against a sum of ours.
"""

import os
import shutil
import subprocess
from pathlib import Path

from . import repairs
from .console import Problem, say, step
from .environment import tail
from .workspace import child_env

KNOWN_GOOD = "19.0.0+dfsg-1"
# Suites of the archive, in the order in which they are asked for Odoo.
SUITES = ("sid", "testing", "stable")
# Odoo's own package holds relative links into the others.
PACKAGES = (
    "odoo-19",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
NO_ARCHIVE = "point ./dev to an Odoo 19 that is already there: ./dev --odoo PATH ..."


class OdooSource:
    """Odoo's code: where it lies and which version it is."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.unpacked = workspace.runtime / "odoo"

    @property
    def given(self):
        """The Odoo that the user named, or ``None``."""
        return self.workspace.odoo_path

    @property
    def python_path(self):
        """The folder that holds the package ``odoo``."""
        if not self.given:
            return self.unpacked / "usr/lib/python3/dist-packages"
        for folder in (self.given, self.given.parent, self.given / "usr/lib/python3/dist-packages"):
            if (folder / "odoo" / "release.py").exists():
                return folder
        raise Problem(
            f"{self.given} is no Odoo: it has no odoo/release.py.",
            "name the folder of an Odoo 19 source tree, or the one that holds its package odoo.",
        )

    @property
    def addons_paths(self):
        """The folders with Odoo's own modules."""
        core = self.python_path / "odoo" / "addons"
        checkout = self.python_path / "addons"
        return [core, checkout] if (checkout / "account").is_dir() else [core]

    @property
    def version(self):
        """The version: the package's when we fetched it, else what ``release.py`` says."""
        stamp = self.unpacked / "version"
        if not self.given and stamp.exists():
            return stamp.read_text().strip()
        release = {}
        exec((self.python_path / "odoo" / "release.py").read_text(), release)
        return release["version"]

    def ensure(self):
        """Fetch, unpack and repair Odoo where that is still to be done."""
        if not self.given:
            with self.workspace.locked("odoo"):
                if not (self.unpacked / "version").exists():
                    self._unpack()
        self._check_version()

    def _check_version(self):
        version = self.version
        if not version.startswith("19.0"):
            raise Problem(f"This is Odoo {version}; the modules are for 19.0.", NO_ARCHIVE)
        note = "" if version == KNOWN_GOOD else f" (these modules were tried with {KNOWN_GOOD})"
        say(f"Odoo {version}{note}")

    def _unpack(self):
        debs = self.workspace.cache / "debs"
        if not (debs / "complete").exists():
            with step("Fetching Odoo 19 from Debian's archive"):
                Archive(self.workspace, debs).download()
        with step("Unpacking Odoo"):
            building = self.unpacked.with_name("odoo.unpacking")
            shutil.rmtree(building, ignore_errors=True)
            for deb in sorted(debs.glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", deb, building], check=True)
            # A half copy of the modules, without their data files.
            shutil.rmtree(building / "usr/lib/python3/dist-packages/addons", ignore_errors=True)
            core = building / "usr/lib/python3/dist-packages/odoo/addons"
            repairs.repair(core, self.workspace.cache)
            (building / "version").write_text((debs / "complete").read_text())
            shutil.rmtree(self.unpacked, ignore_errors=True)
            building.rename(self.unpacked)


class Archive:
    """A private apt state that sees one suite of Debian's archive and nothing else."""

    def __init__(self, workspace, debs):
        self.debs = debs
        self.work = workspace.cache / "apt"
        self.log = workspace.logs / "apt.log"

    def download(self):
        """Put the packages into the cache; raise :class:`Problem` when that cannot be."""
        for tool in ("apt-get", "dpkg-deb"):
            if not shutil.which(tool):
                raise Problem(f"This system has no {tool}, so no Debian archive.", NO_ARCHIVE)
        uri, keyring = archive_uri(), archive_keyring()
        for suite in SUITES:
            self._describe(uri, suite, keyring)
            if self._update() and self._fetch():
                return
        raise Problem(
            f"Odoo 19 could not be fetched from Debian's archive:\n{tail(self.log)}",
            f"without network, restore it; if the archive has no odoo-19 any more, {NO_ARCHIVE}",
        )

    def _describe(self, uri, suite, keyring):
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in ("lists/partial", "archives/partial"):
            (self.work / folder).mkdir(parents=True)
        (self.work / "odoo.sources").write_text(
            f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\nSigned-By: {keyring}\n"
        )

    def _update(self):
        return self._apt("update")

    def _fetch(self):
        shutil.rmtree(self.debs, ignore_errors=True)
        self.debs.mkdir(parents=True)
        if not self._apt("download", *PACKAGES):
            return False
        (odoo,) = self.debs.glob("odoo-19_*.deb")
        version = subprocess.run(
            ["dpkg-deb", "--field", odoo, "Version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        (self.debs / "complete").write_text(version)
        shutil.rmtree(self.work)
        return True

    def _apt(self, *arguments):
        options = {
            "Dir::Etc::sourcelist": self.work / "odoo.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": self.work / "lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": self.work,
            "Dir::Cache::archives": self.work / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::PDiffs": "false",
            "Acquire::Retries": "2",
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        with open(self.log, "a") as log:
            done = subprocess.run(
                ["apt-get", *words, "-q", *arguments],
                env=child_env(LC_ALL="C.UTF-8"),
                cwd=self.debs if self.debs.exists() else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return done.returncode == 0


def archive_uri():
    """Return the address of Debian's archive in this machine's apt configuration."""
    if given := os.environ.get("DEBIAN_ARCHIVE_URI"):
        return given
    if not index_targets():
        from .system import apt_get

        apt_get("update")
    for line in index_targets():
        uri, label, origin = line.split("|")
        # The label tells the archive itself from its security suite.
        if label == origin == "Debian":
            return uri
    raise Problem(
        "This machine's apt sources name no Debian archive; Odoo 19 comes from there.",
        f"set DEBIAN_ARCHIVE_URI to a mirror of Debian's archive, or {NO_ARCHIVE}",
    )


def index_targets():
    """Return ``uri|label|origin`` of apt's package lists, sorted."""
    done = subprocess.run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI)|$(LABEL)|$(ORIGIN)",
            "Created-By: Packages",
        ],
        capture_output=True,
        text=True,
    )
    return sorted(set(done.stdout.split("\n")) - {""})


def archive_keyring():
    """Return the file with the keys that sign Debian's archive."""
    for keyring in KEYRINGS:
        if Path(keyring).exists():
            return keyring
    raise Problem(
        "The keys of Debian's archive are not installed, so nothing of it could be trusted.",
        "install the package debian-archive-keyring.",
    )
