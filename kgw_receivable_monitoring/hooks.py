from odoo.tools import SQL

# In the order in which rows depend on each other.
TABLES = (
    "kgw_event_salt",
    "kgw_event",
    "kgw_reminder_line",
    "kgw_reminder",
    "kgw_print_run",
    "account_move_line_kgw_decision_rel",
    "kgw_decision",
    "kgw_hold",
    "kgw_contact_point",
    "kgw_import_line",
    "kgw_import",
    "kgw_import_column",
    "kgw_case",
    "kgw_account_change",
    "kgw_mandate_scenario",
    "kgw_mandate",
)
LINKS = (
    ("account_move", "kgw_import_id"),
    ("account_move_line", "kgw_case_id"),
    ("account_move_line", "kgw_next_step_id"),
    ("account_move", "kgw_mandate_id"),
    ("res_partner", "kgw_mandate_id"),
    ("mail_activity", "kgw_reminder_id"),
    ("res_company", "kgw_brand_id"),
)


def post_init_hook(env):
    """Grant the monitoring rights to the administrator of the database; let creditors make keys
    for their own systems (a setting of Odoo's portal, said in the guide for creditors)."""
    env["ir.config_parameter"].set_param("portal.allow_api_keys", True)
    env.ref("base.user_admin").group_ids |= env.ref(
        "kgw_receivable_monitoring.group_kgw_administrator"
    )


def uninstall_hook(env):
    """Empty our tables in order and drop what Odoo does not know of.

    The ledger's company, invoices and payments stay: they are bookkeeping, not ours to delete.
    """
    env.cr.execute("DROP FUNCTION IF EXISTS kgw_event_append_only() CASCADE")
    for table, column in LINKS:
        column_sql = SQL.identifier(column)
        env.cr.execute(
            SQL(
                "UPDATE %s SET %s = NULL WHERE %s IS NOT NULL",
                SQL.identifier(table),
                column_sql,
                column_sql,
            )
        )
    for table in TABLES:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.cr.execute("DROP TABLE kgw_event_salt")
    env.invalidate_all()
