"""``./dev pages``: the creditor's pages of the served demo, in a real browser (``pages_test.py``)."""

import subprocess
import zipfile

from .console import Problem
from .environment import tail
from .workspace import child_env

# A wheel of PyPI that holds axe-core 4.12.1 (MPL-2.0): for these tests only, never shipped.
AXE = "axe-playwright-python==0.1.8"
AXE_SHA256 = "fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
AXE_FILE = "axe_playwright_python/axe.min.js"


def ensure_axe(project):
    """Return the path of axe-core, fetched and checked by its hash where it is missing."""
    folder = project.workspace.cache / "axe"
    path = folder / AXE.partition("==")[2] / AXE_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{AXE} --hash=sha256:{AXE_SHA256}\n")
        log = project.workspace.logs / "axe.log"
        pip = [project.environment.python, "-m", "pip", "download", "--no-deps"]
        options = ["--require-hashes", "--dest", folder, "-r", wanted]
        with open(log, "w") as handle:
            done = subprocess.run(
                [*pip, *options], env=child_env(), stdout=handle, stderr=subprocess.STDOUT
            )
        if done.returncode:
            raise Problem(
                f"axe-core can't be downloaded:\n{tail(log)}", f"restore the network; read {log}."
            )
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extract(AXE_FILE, path.parent.parent)
    return path
