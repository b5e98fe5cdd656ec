{
    "name": "Receivable Monitoring (Monitoring należności)",
    "summary": "Remind counterparties before and shortly after the due date, for many creditors",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Krakowska Grupa Windykacyjna",
    "license": "LGPL-3",
    "depends": ["account", "mail", "portal", "sms"],
    "external_dependencies": {
        "python": [
            "holidays", "jinja2", "num2words", "phonenumbers", "pypdf", "python-stdnum", "weasyprint",
        ],
    },
    "data": [
        # security
        "security/kgw_groups.xml",
        "security/ir.model.access.csv",
        "security/kgw_rules.xml",
        # data
        "data/ir_sequence_data.xml",
        "data/mail_activity_type_data.xml",
        "data/kgw_kind_data.xml",
        "data/kgw_template_data.xml",
        "data/kgw_scenario_data.xml",
        "data/ir_cron_data.xml",
        # views
        "views/kgw_case_views.xml",
        "views/kgw_receivable_views.xml",
        "views/kgw_reminder_views.xml",
        "views/kgw_event_views.xml",
        "views/kgw_hold_views.xml",
        "views/kgw_decision_views.xml",
        "views/kgw_print_run_views.xml",
        "views/kgw_import_views.xml",
        "views/kgw_mandate_views.xml",
        "views/kgw_brand_views.xml",
        "views/kgw_scenario_views.xml",
        "views/kgw_template_views.xml",
        "views/kgw_kind_views.xml",
        "views/account_move_views.xml",
        "views/res_config_settings_views.xml",
        "views/portal_templates.xml",
        "views/kgw_menus.xml",
        # reports
        "report/kgw_letter_templates.xml",
        # wizards
        "wizards/kgw_call_outcome_views.xml",
    ],
    "assets": {
        "web.assets_tests": ["kgw_receivable_monitoring/static/tests/tours/*.js"],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "application": True,
}
