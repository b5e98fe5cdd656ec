"""Databases: templates keyed by what they are made from, and clones of them.

``base_KEY`` is Odoo with accounting, SMS, portal and the Polish chart of accounts;
``modules_KEY`` adds this repository's modules. Both keep attachments in the database, since
cloning a database leaves its file store behind.
"""

import hashlib
import os
import re
from pathlib import Path

from .console import step

BASE_MODULES = "account,sms,portal,l10n_pl"
# Part of the key: change it when the recipe below changes.
BASE_RECIPE = f"2 {BASE_MODULES}"
FINISH_BASE = """
# Odoo makes it in the databases that it creates itself; what is searched by parts needs it.
env.cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
parameters = env['ir.config_parameter']
parameters.set_param('ir_attachment.location', 'db')
env['ir.attachment'].force_storage()
company = env.company
company.country_id = env.ref('base.pl')
env['account.chart.template'].try_loading('pl', company, install_demo=False)
env.cr.commit()
"""
# Not part of what gets installed, so no reason for a new template.
NOT_INSTALLED = {"tests", "readme", "__pycache__"}


class Databases:
    """Makes templates and clones in the private cluster."""

    def __init__(self, workspace, cluster, runner):
        self.workspace = workspace
        self.cluster = cluster
        self.runner = runner

    @property
    def base(self):
        """Name of the template without our modules."""
        digest = hashlib.sha256(f"{BASE_RECIPE} {self.runner.source.version}".encode())
        digest.update(str(self.runner.source.python_path).encode())
        for lock in ("requirements-odoo.txt", "requirements.txt"):
            digest.update((self.workspace.root / lock).read_bytes())
        return f"base_{digest.hexdigest()[:12]}"

    @property
    def with_modules(self):
        """Name of the template with our modules."""
        digest = hashlib.sha256(self.base.encode())
        for path in module_files(self.workspace):
            digest.update(str(path.relative_to(self.workspace.root)).encode())
            digest.update(path.read_bytes())
        return f"modules_{digest.hexdigest()[:12]}"

    def names(self):
        """Return the names of all databases."""
        return [row[0] for row in self.cluster.sql("SELECT datname FROM pg_database")]

    def ensure_base(self):
        """Return the name of the template without our modules, made where it is missing."""
        with self.workspace.locked("templates"):
            if self.base not in self.names():
                with step("Installing Odoo with accounting, SMS, portal and Polish (template)"):
                    self._build_base()
                self._drop_outdated()
        return self.base

    def ensure_modules(self):
        """Return the name of the template with our modules, made where it is missing."""
        base = self.ensure_base()
        with self.workspace.locked("templates"):
            if self.with_modules not in self.names():
                with step(f"Installing {', '.join(self.workspace.modules())} (template)"):
                    self._build_modules(base)
                self._drop_outdated()
        return self.with_modules

    def clone(self, template, name):
        """Make database ``name`` anew as a copy of a template."""
        self.drop(name)
        self.cluster.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name):
        """Drop a database, whoever is connected to it."""
        self.cluster.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_abandoned(self):
        """Drop the databases of test runs whose process has gone."""
        for name in self.names():
            match = re.fullmatch(r"\w+_p(\d+)", name)
            if match and not Path(f"/proc/{match[1]}").exists():
                self.drop(name)

    def private_name(self, purpose):
        """Return a database name that belongs to this process."""
        return f"{purpose}_p{os.getpid()}"

    def _build_base(self):
        building = "building_base"
        self.drop(building)
        self.cluster.sql(f"CREATE DATABASE {building} TEMPLATE template0 LC_COLLATE 'C'")
        self.runner.run_quietly(
            "template-base",
            "-d",
            building,
            "-i",
            BASE_MODULES,
            "--skip-auto-install",
            "--load-language=en_US,pl_PL",
            "--stop-after-init",
            "--no-http",
        )
        self.runner.run_script(building, FINISH_BASE)
        self._finish(building, self.base)

    def _build_modules(self, base):
        building = "building_modules"
        self.clone(base, building)
        self.runner.run_quietly(
            "template-modules",
            "-d",
            building,
            "-i",
            ",".join(self.workspace.modules()),
            "--skip-auto-install",
            "--stop-after-init",
            "--no-http",
        )
        self._finish(building, self.with_modules)

    def _finish(self, building, name):
        """Give a template its name only when it is complete."""
        self.cluster.sql(f'ALTER DATABASE {building} RENAME TO "{name}"')

    def _drop_outdated(self):
        current = (self.base, self.with_modules)
        for name in self.names():
            if re.fullmatch(r"(base|modules)_[0-9a-f]{12}", name) and name not in current:
                self.drop(name)


class CopiedDatabases(Databases):
    """The databases of another cluster, whose template is copied instead of installed.

    :param origin: the :class:`Databases` that make the template
    """

    def __init__(self, origin, cluster, runner):
        super().__init__(origin.workspace, cluster, runner)
        self.origin = origin

    def ensure_modules(self):
        name = self.origin.ensure_modules()
        with self.workspace.locked("durable-templates"):
            if name not in self.names():
                building = "building_copy"
                self.drop(building)
                with step("Copying the template to the durable cluster"):
                    self.origin.cluster.copy(name, self.cluster, building)
                self._finish(building, name)
                self._drop_outdated()
        return name


def module_files(workspace):
    """Return every file of our modules that an installation reads, sorted."""
    return sorted(
        path
        for module in workspace.module_paths()
        for path in module.rglob("*")
        if path.is_file() and not NOT_INSTALLED & set(path.relative_to(module).parts)
    )
