"""What must be installed in the operating system, and how it gets there."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Problem, step
from .workspace import child_env


def has_postgres():
    """Tell whether PostgreSQL's server programs are installed."""
    return bool(shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))


def has_browser():
    """Tell whether a Chromium that starts is there (Ubuntu's package is but a stub)."""
    for name in ("google-chrome", "chromium", "chromium-browser"):
        if path := shutil.which(name):
            return subprocess.run([path, "--version"], capture_output=True).returncode == 0
    return False


def font_check(name):
    """Return a check for a font file."""
    return lambda: any(
        next(Path(folder).rglob(name), None)
        for folder in ("/usr/share/fonts", "/usr/local/share/fonts")
        if Path(folder).is_dir()
    )


def command_check(name):
    """Return a check for a command."""
    return lambda: shutil.which(name) is not None


def library_check(name):
    """Return a check for a shared library."""
    return lambda: ctypes.util.find_library(name) is not None


# Debian package -> is what we want of it there already?
RUNTIME_NEEDS = {
    "postgresql": has_postgres,
    "postgresql-client": command_check("psql"),
    "libpango-1.0-0": library_check("pango-1.0"),
    "libpangoft2-1.0-0": library_check("pangoft2-1.0"),
    "libharfbuzz-subset0": library_check("harfbuzz-subset"),
    "fonts-lato": font_check("Lato-Regular.ttf"),  # the typeface of our letters
    "fonts-dejavu-core": font_check("DejaVuSans.ttf"),  # what Lato lacks
}
TEST_NEEDS = {
    "chromium": has_browser,
    "gettext": command_check("msgmerge"),
    "poppler-utils": command_check("pdftotext"),
}
APT_OPTIONS = ("-qq", "-y", "-o", "DPkg::Lock::Timeout=300")
GETTEXT_NEEDS = {"gettext": TEST_NEEDS["gettext"]}


def ensure(needs):
    """Install what is missing of ``{package: check}``; say so plainly where that cannot be."""
    missing = [package for package, check in needs.items() if not check()]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise Problem(
            f"Missing in this system: {', '.join(missing)} (Debian's names).",
            "install what corresponds to them; only Debian's apt-get can be used by ./dev itself.",
        )
    with step(f"Installing from the system's archive: {', '.join(missing)}"):
        apt_get("update")
        apt_get("install", "--no-install-recommends", *missing)
    if still := [package for package in missing if not needs[package]()]:
        raise Problem(
            f"Installed, but still not usable: {', '.join(still)}.",
            "on Ubuntu chromium is a stub for a snap: install a real Chromium or Google Chrome; "
            "elsewhere look into apt-get's output above.",
        )


def apt_get(*arguments):
    """Run ``apt-get`` with the rights that it needs."""
    command = [*privileged(arguments), "apt-get", *APT_OPTIONS, *arguments]
    done = subprocess.run(
        command, env=child_env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    # An update may fail for a source that we do not need; the install shows whether it matters.
    if done.returncode and arguments[0] != "update":
        raise Problem(
            f"apt-get {arguments[0]} failed (its message is above).",
            "restore the network or repair the apt sources, then run the same command again.",
        )


def privileged(arguments):
    """Return the words that give a command root's rights."""
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive"]
    sudo = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    allowed = shutil.which("sudo") and subprocess.run([*sudo, "true"]).returncode == 0
    if not allowed:
        raise Problem(
            "Packages of the system are missing, and this user may not use sudo.",
            f"let an administrator run once: apt-get {' '.join(arguments)}",
        )
    return [*sudo, "env", "DEBIAN_FRONTEND=noninteractive"]
