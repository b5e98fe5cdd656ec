"""How a call may end, as one table: no ORM, no logic.

``kgw.call.effect`` has one method per effect named here; a test asserts that they agree.
"""

from typing import NamedTuple

# What an outcome means for the call itself.
CALL_GROUPS = [
    ("reached", "Spoke with the right person"),
    ("again", "Call again"),
    ("nobody", "Reached nobody"),
    ("number", "The number is of no use"),
]


class CallOutcome(NamedTuple):
    """One way in which a call may end.

    ``group`` decides about the call (a contact, tried again, given up), ``effect`` about the case;
    ``needs`` are the fields of the desk without which it can't be saved.
    """

    label: str
    group: str
    consequence: str
    needs: tuple = ()
    effect: str = ""
    key: str = ""
    # What the effect is told: the reason of a dispute, for how many working days contact waits.
    value: object = None
    # Whether only a call that we make may end so.
    is_outgoing: bool = False


CALL_TABLE = {
    "will_pay": CallOutcome(
        "Promises to pay",
        "reached",
        "The promise is confirmed in writing and holds its invoices until its day and the grace"
        " days are over. Broken, it comes back as a task.",
        ("promise_on", "promise_amount"),
        "promise",
        "1",
    ),
    "will_pay_parts": CallOutcome(
        "Promises to pay in parts",
        "reached",
        "The promise is confirmed in writing and holds its invoices; each payment is checked when"
        " its day and the grace days are over.",
        ("promise_on", "part_ids"),
        "promise",
        "2",
    ),
    "paid": CallOutcome(
        "Says it is paid",
        "reached",
        "Contact about these invoices waits three working days for the payment to be reported.",
        effect="pause",
        key="3",
        value=3,
    ),
    "ordered": CallOutcome(
        "Has ordered the transfer",
        "reached",
        "Contact about these invoices waits two working days for the payment to be reported.",
        effect="pause",
        key="4",
        value=2,
    ),
    "no_answer": CallOutcome(
        "No answer",
        "nobody",
        "Tried again in another part of the day, three times within two working days; then the"
        " other channel of the step follows.",
        key="5",
        is_outgoing=True,
    ),
    "callback": CallOutcome(
        "Asks to be called later",
        "again",
        "The call comes back to the board at that time.",
        ("callback_at",),
        key="6",
    ),
    "disputes": CallOutcome(
        "Disputes the receivable",
        "reached",
        "These invoices are held and the creditor is asked; the rest of the case goes on.",
        ("dispute_reason_id", "note"),
        "dispute",
        "7",
    ),
    "no_invoice": CallOutcome(
        "Did not receive the invoice",
        "reached",
        "You get the task of sending the copy; the course goes on after the gap of the scenario.",
        effect="task",
        key="8",
    ),
    "refuses": CallOutcome(
        "Refuses to pay",
        "reached",
        "The creditor reads your note; the course goes on.",
        ("note",),
        key="9",
    ),
    "reached": CallOutcome(
        "Reached, other",
        "reached",
        "The contact counts; the course goes on after the gap of the scenario.",
        key="0",
    ),
    "voicemail": CallOutcome(
        "Voicemail",
        "nobody",
        "Tried again in another part of the day, three times within two working days. Leave your"
        " name and number, nothing else.",
        key="v",
        is_outgoing=True,
    ),
    "busy": CallOutcome(
        "Busy or hung up",
        "nobody",
        "Tried again in another part of the day, three times within two working days.",
        key="b",
        is_outgoing=True,
    ),
    "third_person": CallOutcome(
        "Spoke with somebody else",
        "nobody",
        "Tried again in another part of the day. Nothing may be said about the matter.",
        key="t",
    ),
    "identity": CallOutcome(
        "Identity not confirmed",
        "nobody",
        "Nothing was said about the matter. Tried again in another part of the day.",
        key="i",
    ),
    "passed_on": CallOutcome(
        "Passed on inside the firm",
        "again",
        "The call comes back in three hours; a new number is used first.",
        ("note",),
        "new_number",
        "p",
    ),
    "interrupted": CallOutcome(
        "Interrupted",
        "again",
        "The call comes back to the board at once.",
        key="x",
    ),
    "correction": CallOutcome(
        "Waits for a correction",
        "reached",
        "These invoices are held and the creditor is asked for the correction.",
        ("note",),
        "dispute",
        "k",
        "data",
    ),
    "set_off": CallOutcome(
        "Claims a set-off",
        "reached",
        "These invoices are held and the creditor is asked whether it accepts the set-off.",
        ("note",),
        "dispute",
        "o",
        "set_off",
    ),
    "factor": CallOutcome(
        "Paid to the factor",
        "reached",
        "These invoices are held and the creditor is asked whether its factor was paid.",
        effect="dispute",
        key="f",
        value="paid",
    ),
    "no_money": CallOutcome(
        "Has no money",
        "reached",
        "The creditor reads your note and may offer instalments; the course goes on.",
        ("note",),
        key="m",
    ),
    "discount": CallOutcome(
        "Asks for a discount",
        "reached",
        "Promise nothing: a manager gets the task of asking the creditor.",
        ("note",),
        "ask_manager",
        "d",
    ),
    "authority": CallOutcome(
        "Asks for the power of attorney",
        "reached",
        "It is sent by e-mail at once; without its file or an address you get the task. The course"
        " goes on after the gap of the scenario.",
        effect="authority",
        key="a",
    ),
    "complaint": CallOutcome(
        "Complains about us",
        "reached",
        "Contact with this counterparty waits until a manager has looked at it.",
        ("note",),
        "complaint",
        "c",
    ),
    "objection": CallOutcome(
        "Objects to calls",
        "reached",
        "This number is not called again; the other channels remain.",
        ("note",),
        "objection",
        "j",
    ),
    "insolvent": CallOutcome(
        "Insolvency or restructuring",
        "reached",
        "Every contact stops and the creditor is told, so that it can lodge its claim.",
        ("note",),
        "insolvency",
        "u",
    ),
    "deceased": CallOutcome(
        "Has died",
        "reached",
        "Every contact stops until a manager has spoken with the creditor.",
        effect="death",
        key="z",
    ),
    "wrong_number": CallOutcome(
        "Wrong number",
        "number",
        "The number is marked wrong and not used again; another one is tried if there is one.",
        key="w",
        is_outgoing=True,
    ),
    "out_of_service": CallOutcome(
        "Number out of service",
        "number",
        "The number is marked wrong and not used again; another one is tried if there is one.",
        key="q",
        is_outgoing=True,
    ),
}
CALL_OUTCOMES = [(code, outcome.label) for code, outcome in CALL_TABLE.items()]
CALL_CONSEQUENCES = [(code, outcome.consequence) for code, outcome in CALL_TABLE.items()]
CALL_REACHED = tuple(code for code, outcome in CALL_TABLE.items() if outcome.group == "reached")

# Attempts that reach nobody: how many, how far apart, over how many working days.
CALL_ATTEMPTS = 3
CALL_RETRY_HOURS = 3
CALL_DAYS = 2
CALL_SNOOZE_HOURS = 2
# A call may be recorded so many days after it was made.
CALLED_DAYS = 7

# A desk that nobody has touched for so long is free for a colleague.
DESK_MINUTES = 60

# How it was made sure with whom the agent speaks, before the matter of a person is named.
IDENTITY = [
    ("address", "Named its address"),
    ("vat", "Named its NIP"),
    ("invoice", "Named the number or date of the invoice"),
    ("known", "Known from earlier calls, on a verified number"),
    ("called_back", "Called us from a verified number"),
]

# Columns of the board of calls, in their order.
# How the states of a reminder that is a call are shown: a call is not sent, it is made.
CALL_SHOWN_STATES = [
    ("made", "Call made"),
    ("talked", "Spoke with the person"),
    ("tried", "Tried in vain, will be repeated"),
    ("unreached", "Nobody reached"),
]
CALL_STATES = {
    "sent": "made",
    "delivered": "talked",
    "failed": "tried",
    "undelivered": "unreached",
}

CALL_COLUMNS = [
    ("asked", "Asked to be called"),
    ("late", "Left over"),
    ("today", "To call today"),
    ("wait", "Later today"),
    ("later", "Another day"),
]
