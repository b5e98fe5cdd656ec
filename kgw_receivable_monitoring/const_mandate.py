"""The words of mandates, their papers and accounts: no ORM, no logic."""

# What a text needs of the power of attorney beyond what its rung says.
TEXT_SCOPES = [
    ("note", "Interest note"),
    ("warn", "Warning of an entry in a register"),
]

# Who tells counterparties about the processing of their data.
INFORMS = [
    ("creditor", "The creditor, in a notice of its own"),
    ("agency", "The agency, in its e-mails and letters"),
]

# Where the creditor's account was taken from.
ACCOUNT_SOURCES = [
    ("invoice", "An invoice of the creditor"),
    ("list", "The creditor's signed list of accounts"),
    ("order", "The signed order"),
]

# What a change of the account may change: fields of the mandate.
ACCOUNT_TARGETS = [
    ("account_number", "Creditor's account"),
    ("foreign_account_number", "Account for other currencies"),
]
ACCOUNT_CHANGE_STATES = [
    ("asked", "Waits for a second person"),
    ("agreed", "Agreed, in force a day later"),
    ("done", "In force"),
    ("cancelled", "Cancelled"),
]

# What the list of VAT payers says of an account.
WHITE_LIST = [
    ("listed", "On the list"),
    ("not_listed", "Not on the list"),
    ("unknown", "Not known: the list did not answer"),
]

# The ways of a mandate; what has ended stays ended.
MANDATE_SOURCES = {
    "active": ("draft", "suspended"),
    "suspended": ("active",),
    "ended": ("draft", "active", "suspended"),
}
