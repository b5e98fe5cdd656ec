"""Another database beside that of the measurement, copied from the same one."""

import contextlib
import os

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import close_db, db_connect


@contextlib.contextmanager
def copy_of_template(env, purpose):
    """Yield the name of a database like ours was in the beginning; it is dropped afterwards."""
    name = f"{purpose}_{env.cr.dbname}"
    _statement(f'CREATE DATABASE "{name}" TEMPLATE "{os.environ["KGW_BENCH_TEMPLATE"]}"')
    try:
        yield name
    finally:
        close_db(name)
        _statement(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def environment_beside(env, purpose):
    """Yield an environment of such a database, in this process."""
    with copy_of_template(env, purpose) as name, Registry(name).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, env.context)


def _statement(text):
    """Run a statement that no transaction may hold."""
    with db_connect("postgres").cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(text)
