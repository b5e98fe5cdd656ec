from odoo.tools import SQL


def post_init_hook(env):
    """Grant the monitoring rights to those who administer the settings."""
    manager = env.ref("kgw_receivable_monitoring.group_kgw_administrator")
    env.ref("base.user_admin").group_ids |= manager


def uninstall_hook(env):
    """Drop the register's trigger and salts, which Odoo does not know of."""
    env.cr.execute(SQL("""
        DROP TABLE IF EXISTS kgw_event_salt;
        DROP FUNCTION IF EXISTS kgw_event_append_only() CASCADE;
    """))
