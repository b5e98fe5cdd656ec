"""What the health page and the watchdog tell."""

HEALTH_LEVELS = [
    ("alarm", "Alarm"),
    ("warning", "Warning"),
    ("unknown", "Not known here"),
    ("ok", "In order"),
]

# What the health page and the watchdog look at; kgw.health has one method for each.
HEALTH_CHECKS = [
    ("crons", "Scheduled actions"),
    ("due", "Reminders that should have gone out"),
    ("claimed", "Reminders stuck while being sent"),
    ("uncertain", "Reminders of which nobody knows whether they were sent"),
    ("dead", "Reminders given up"),
    ("texts", "Texts that can't be written"),
    ("letters", "Letters printed and not posted"),
    ("register", "Seal of the register"),
    ("mail_servers", "Outgoing mail servers"),
    ("sms_provider", "SMS provider"),
    ("sms_balance", "SMS balance"),
    ("bounces", "Messages that do not arrive"),
    ("senders", "SMS sender names"),
    ("certificates", "Certificates"),
    ("imports", "Files that came by e-mail"),
    ("coverage", "Knowledge of payments"),
    ("authority", "Powers of attorney"),
    ("readiness", "Mandates that lack something"),
    ("accounts", "Changes of creditors' accounts"),
    ("holidays", "Statutory holidays"),
    ("rates", "Reference rate of the NBP"),
    ("brakes", "Mandates that wait for a manager’s look"),
    ("stop", "Contact stopped"),
]
