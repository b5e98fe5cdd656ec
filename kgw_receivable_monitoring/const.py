"""The words of the product in one place: no ORM, no logic.

Words of foreign systems (a gateway's status, a file's code) are mapped to ours where they enter.
"""

# How hard a contact is; the order is the order of the ladder.
RUNGS = [
    ("information", "Information"),
    ("reminder", "Payment reminder"),
    ("monit", "Past-Due Notice"),
    ("demand", "Demand for payment"),
    ("final", "Final demand"),
]
RUNG_LEVEL = {code: level for level, (code, _label) in enumerate(RUNGS, start=1)}

# Rungs that demand: a legal act, which needs a power of attorney that covers it.
DEMANDS = ("demand", "final")

CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("phone", "Phone"),
    ("letter", "Letter"),
]

# The kind of contact point that a channel needs.
CHANNEL_POINT = {"email": "email", "sms": "phone", "phone": "phone", "letter": "address"}

# Languages in which counterparties are written to; amounts and dates are written for these.
LANGUAGES = [("pl_PL", "Polish"), ("en_US", "English")]

STEP_KINDS = [
    ("contact", "Contact"),
    ("question", "Question to the creditor"),
    ("report", "Report to the creditor"),
]

STAGES = [
    ("before_due", "Before due"),
    ("overdue", "Overdue"),
    ("elapsed", "After monitoring"),
    ("closed", "Settled"),
]

REMINDER_STATES = [
    ("planned", "Planned"),
    ("claimed", "Being sent"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("undelivered", "Undelivered"),
    ("failed", "Failed, will be repeated"),
    ("dead", "Given up"),
    ("unknown", "Unknown, a person decides"),
    ("cancelled", "Cancelled"),
]

# What people read as the state of a reminder: a letter that is claimed lies printed, no gateway has
# it; a call is not sent, it is made.
SHOWN_STATES = [
    *REMINDER_STATES,
    ("printed", "Printed, to be posted"),
]

# target -> the states that it may be entered from; kgw.reminder._set_state is the only writer.
REMINDER_SOURCES = {
    "claimed": ("planned", "failed"),
    "cancelled": ("planned", "failed", "claimed"),
    "sent": ("claimed", "unknown"),
    "failed": ("claimed",),
    "unknown": ("claimed",),
    "planned": ("unknown", "claimed"),
    "delivered": ("sent",),
    "undelivered": ("sent", "failed"),
    "dead": ("failed",),
}

# States in which a reminder still occupies its case.
OPEN_STATES = ("planned", "claimed", "failed", "unknown")

# What happened; kgw.event is the only place that every time line reads.
EVENT_KINDS = [
    ("enrolled", "Monitoring started"),
    ("planned", "Planned"),
    ("waiting", "Waiting"),
    ("cancelled", "Not sent"),
    ("passed", "Step passed over"),
    ("sent", "Sent"),
    ("delivered", "Delivered"),
    ("undelivered", "Undelivered"),
    ("failed", "Sending failed"),
    ("dead", "Sending given up"),
    ("unknown", "Unknown whether it was sent"),
    ("call", "Phone call"),
    ("moved", "Call moved"),
    ("reply", "Reply"),
    ("auto_reply", "Automatic reply"),
    ("payment", "Payment"),
    ("payment_back", "Payment taken back"),
    ("credit_note", "Credit note"),
    ("stage", "Stage changed"),
    ("question", "Question to the creditor"),
    ("decision", "Decision of the creditor"),
    ("revoked", "Decision taken back"),
    ("message", "Message"),
    ("report", "Report to the creditor"),
    ("hold", "Contact put on hold"),
    ("lifted", "Hold ended"),
    ("contact_point", "Contact data changed"),
    ("corrected", "Invoice corrected"),
    ("withdrawn", "Hand-over taken back"),
    ("account", "Creditor's account"),
    ("note", "Internal note"),
    ("description", "Course of monitoring"),
    ("mail_refused", "Files by e-mail refused"),
    ("export", "Export"),
    ("promise", "Promise to pay"),
    ("promise_kept", "Promise kept"),
    ("promise_partly", "Promise kept in part"),
    ("promise_broken", "Promise broken"),
    ("promise_replaced", "Promise replaced by another"),
    ("dispute", "Receivable disputed"),
    ("dispute_accepted", "Dispute accepted"),
    ("dispute_rejected", "Dispute rejected"),
    ("dispute_correction", "Correction follows"),
    ("dispute_closed", "Correction arrived"),
    ("dispute_lapsed", "No correction came"),
    ("insolvent", "Insolvency"),
    ("erased", "Content erased"),
]

# Entries that hold amounts, days and codes of invoices, and nothing about a person: never erased,
# so that no figure changes.
KEPT_KINDS = ("payment", "payment_back", "credit_note", "stage", "passed", "erased")

# Polish practice: an ordinary letter is taken to have arrived 4 working days after posting,
# a registered one, without a proof of delivery, 7 working days after posting.
LETTER_TRANSIT_DAYS = 4
REGISTERED_TRANSIT_DAYS = 7

# Working days after printing within which a letter is posted: what it says of the time to answer
# counts from the day of printing.
POSTING_DAYS = 1

# Hours after acceptance by the gateway at which an e-mail without a bounce,
# or an SMS without a delivery report, counts as having taken effect.
ELECTRONIC_EFFECT_HOURS = 24

# A mandate's plan waits for a manager above so many times its median day of the last weeks, and
# never below so many contacts; the first plan above FIRST_RUN_LIMIT contacts.
VOLUME_FACTOR = 3
VOLUME_DAYS = 28
VOLUME_FLOOR = 20
FIRST_RUN_LIMIT = 50

# Models of other software that reminds of the same invoices once they have a record of a company.
OTHER_ENGINES = {
    "account_followup.followup.line": "Odoo Enterprise Follow-up",
    "credit.control.policy": "OCA Credit Control",
    "account.invoice.overdue.reminder": "OCA Overdue Invoice Reminder",
}

# The creditor is asked for approval this many working days before the step.
APPROVAL_LEAD_DAYS = 3

# Minutes after which a failed sending is tried again; after the last one it is given up.
RETRY_MINUTES = (1, 5, 15, 60)
