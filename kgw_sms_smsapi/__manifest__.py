{
    "name": "SMSAPI Gateway",
    "summary": "Send Odoo's text messages through SMSAPI and take in its delivery reports",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tools",
    "author": "Krakowska Grupa Windykacyjna",
    "license": "LGPL-3",
    "depends": ["sms"],
    "external_dependencies": {"python": ["requests"]},
    "post_init_hook": "_post_init_hook",
    "data": [
        # data
        "data/ir_cron_data.xml",
        # views
        "views/res_config_settings_views.xml",
    ],
}
