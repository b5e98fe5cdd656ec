"""What Debian's packaging of Odoo leaves out, put right where it is found missing."""

import shutil
import subprocess
import tarfile
from pathlib import Path

from .console import Problem, say
from .workspace import child_env

SELFIE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
ICON_FOLDERS = (
    "web/static/lib/fontawesome/fonts",
    "web/static/src/libs/fontawesome/fonts",
)
ICON_PACKAGE = "font-awesome@4.7.0"
# Later versions name their files otherwise.
WANTED_FONT = "fontawesome-webfont.woff2"


def repair(core, cache):
    """Repair the modules under ``core``; what must be fetched is kept in ``cache``."""
    add_selfie_stub(core)
    replace_icon_links(core, cache)


def add_selfie_stub(core):
    """Put an empty script where the asset bundle names one that is not shipped.

    Without it every backend page logs an error, and Odoo fails each browser test for it.
    """
    script = core / SELFIE
    if script.exists():
        return
    say("    repair: empty selfie_segmentation.js (not shipped by Debian)")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("/* not shipped: no background blur in calls */\n")


def dangling_icons(core):
    """Return the links to icon fonts whose target is missing."""
    links = (link for folder in ICON_FOLDERS for link in (core / folder).glob("*"))
    return [link for link in links if link.is_symlink() and not link.exists()]


def replace_icon_links(core, cache):
    """Replace links to icon fonts, which newer Debian suites no longer ship, by the fonts."""
    links = dangling_icons(core)
    if not links:
        return
    say("    repair: fonts of Font Awesome 4.7 (the archive's are newer, icons would be lost)")
    fonts = cached_fonts(cache)
    for link in links:
        source = fonts / link.name
        if not source.exists():
            raise Problem(f"Font Awesome 4.7 has no {link.name}.", "report this repair as broken.")
        link.unlink()
        shutil.copyfile(source, link)


def cached_fonts(cache):
    """Return a folder with the fonts of Font Awesome 4.7, fetched once."""
    folder = cache / "font-awesome"
    if not folder.exists():
        building = cache / "font-awesome.fetching"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        if not (from_system(building) or from_npm(building)):
            raise Problem(
                "Font Awesome 4.7 could not be fetched, neither as Debian's package "
                "fonts-font-awesome nor from the npm registry.",
                "restore the network; where Debian's package is newer than 4.7, install npm too.",
            )
        building.rename(folder)
    return next(folder.rglob(WANTED_FONT)).parent


def from_system(folder):
    """Fetch Debian's package of the fonts; tell whether it still holds those of 4.7."""
    download = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download"]
    if not quiet([*download, "fonts-font-awesome"], folder):
        return False
    unpacked = all([quiet(["dpkg-deb", "-x", deb, "."], folder) for deb in folder.glob("*.deb")])
    return unpacked and any(folder.rglob(WANTED_FONT))


def from_npm(folder):
    """Fetch the fonts from the npm registry; tell whether that worked."""
    if not (shutil.which("npm") and quiet(["npm", "pack", "--silent", ICON_PACKAGE], folder)):
        return False
    for archive in folder.glob("*.tgz"):
        with tarfile.open(archive) as tar:
            fonts = [member for member in tar.getmembers() if is_font(member)]
            tar.extractall(folder, members=fonts)
    return any(folder.rglob(WANTED_FONT))


def is_font(member):
    """Tell whether a member of npm's archive is a plain file of its fonts folder."""
    return member.isfile() and Path(member.name).parent == Path("package/fonts")


def quiet(command, folder):
    """Run a command in a folder, without output; tell whether it succeeded."""
    return (
        subprocess.run(
            command,
            cwd=folder,
            env=child_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).returncode
        == 0
    )
