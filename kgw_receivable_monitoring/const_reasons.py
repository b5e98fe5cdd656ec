"""Why something was not done or waits, and what helps: no ORM, no logic."""

# Why something was not done, or not yet; kgw.event shows the sentence, filters and counts use the code.
REASONS = [
    # not now: the reminder waits
    (
        "hours",
        "Outside the contact hours of this kind of counterparty: the next convenient time is taken",
    ),
    ("gap", "The counterparty was contacted a moment ago: the next convenient time is taken"),
    (
        "cap",
        "The person was contacted as often as is allowed, over all creditors: a later day is taken",
    ),
    ("coverage", "Payments are not known through the due date yet: the creditor is asked for them"),
    ("backoff", "The gateway did not take the message: it is tried again"),
    ("rate", "The gateway takes only so many messages a minute: the rest follows"),
    ("hold", "Contact is on hold"),
    ("text", "The text could not be written: the template has an error"),
    ("error", "An unexpected error: the administrator finds it in the log under the reminder's id"),
    ("unknown", "Nobody knows whether the last message went out: a person decides first"),
    ("posting", "A printed letter waits to be posted"),
    ("question", "The creditor was asked whether it agrees to this step, and may still answer"),
    # never: the reminder is cancelled
    ("paid", "Nothing is owed any more"),
    ("stage", "The invoice is no longer monitored"),
    ("no_followup", "“No Follow-Up” is set on the invoice"),
    (
        "late_letter",
        "The letter lay too long: the time to answer that it gives has become too short",
    ),
    ("mandate", "The mandate is not active"),
    ("authority", "The power of attorney does not cover this, or is not in force"),
    ("approval", "The creditor did not agree to this step"),
    ("consent", "The creditor did not consent to the warning of an entry in a debt register"),
    ("no_contact_point", "No usable contact point for this channel"),
    ("sender", "The sender name of the brand is not approved by the SMS operator"),
    ("replanned", "The day passed before it could go out: it is planned anew"),
    ("changed", "The scenario was changed, or another one was given: what comes next follows that"),
    ("moved", "The due date is another one: it is planned anew by that one"),
    ("yielded", "What was agreed in a talk is written first: it is planned anew afterwards"),
    ("reshaped", "The creditor's decision changes it: what remains of it is planned anew"),
    ("lapsed", "The time for this step has passed"),
    ("withdrawn", "Taken back by a person"),
    ("trial", "It was only asked in a trial run"),
    ("decision", "The creditor decided otherwise"),
    # passed: the course went on without this step
    ("no_route", "No contact data for any channel of this step"),
    ("given_up", "The creditor does not want this channel to be used"),
    ("closed", "This channel is not used for this counterparty until further notice"),
    ("condition", "The condition of the step is not met"),
    ("horizon", "The monitoring period ends before this step could take effect"),
    ("due", "The due date has come"),
    ("scenario", "The step's day was past when the scenario was given"),
]

# What was only planned and comes again by itself: no news to whoever asks why nothing was done.
PLANNED_ANEW = ("replanned", "changed", "moved", "yielded", "reshaped")

# Who has to do what about it; every reason has its cure.
CURES = [
    (
        "hours",
        "Nothing to do: it goes out by itself in the next contact hours, which stand on the kind of"
        " counterparty.",
    ),
    (
        "gap",
        "Nothing to do: it goes out by itself after the pause between two contacts that the"
        " scenario sets.",
    ),
    (
        "cap",
        "Nothing to do: it goes out by itself on the first day on which the limits of the kind of"
        " counterparty allow it.",
    ),
    (
        "coverage",
        "The creditor hands over its payments; a manager takes the file over with its closing date,"
        " or enters the date on the mandate.",
    ),
    (
        "backoff",
        "Nothing to do: it is tried again by itself. If it lasts, an administrator checks the"
        " gateway or the mail server.",
    ),
    (
        "rate",
        "Nothing to do: it goes out by itself as soon as the gateway's limit allows it.",
    ),
    (
        "hold",
        "It ends as its reason says: the holds in force stand on the case, those of more than a case"
        " in Work > Holds.",
    ),
    ("text", "An administrator corrects the template; it is tried again every hour."),
    (
        "error",
        "An administrator finds the cause in the log and removes it; it is tried again every hour.",
    ),
    (
        "unknown",
        "Look it up at the mail server or gateway, then say on the reminder what happened.",
    ),
    (
        "posting",
        "A manager posts the letter and presses “Mark as Posted” on its print run, which names the"
        " letters that must not go out any more.",
    ),
    (
        "question",
        "The creditor answers in its portal, among its decisions, or a manager enters its answer on"
        " the question. If nobody answers, monitoring goes on without the step.",
    ),
    ("paid", "Nothing to do: nothing is owed any more."),
    ("stage", "Nothing to do: the creditor decides what follows the end of monitoring."),
    (
        "no_followup",
        "An accountant takes “No Follow-Up” off the invoice’s due date when it is to be reminded.",
    ),
    (
        "late_letter",
        "A manager takes the letter out of the pile and presses “Take Out” on its print run; then it"
        " is drawn anew by itself. Post letters on the day they are printed or the next working day.",
    ),
    ("mandate", "A manager activates the mandate."),
    (
        "authority",
        "The creditor gives a power of attorney that covers it; a manager enters it on the"
        " mandate.",
    ),
    (
        "approval",
        "Nothing to do: monitoring goes on without the step. What was refused, or not answered in"
        " time, is not asked again.",
    ),
    (
        "consent",
        "The creditor consents in its portal, among its decisions about the counterparty. What was"
        " passed over is not made up for.",
    ),
    (
        "no_contact_point",
        "Find out the e-mail, phone or address and enter it among the contact points of the case.",
    ),
    (
        "sender",
        "An administrator has the sender name approved by the SMS operator and ticks it on the"
        " brand.",
    ),
    ("replanned", "Nothing to do: it is planned anew on the next day."),
    ("changed", "Nothing to do: the step that comes next by the scenario stands on the case."),
    ("moved", "Nothing to do: the steps follow on the days that the due date gives."),
    ("yielded", "Nothing to do: it goes out by itself after the pause between two contacts."),
    ("reshaped", "Nothing to do: what remains of it is planned anew in the next run."),
    ("lapsed", "Nothing to do: the course goes on with the next step."),
    ("withdrawn", "Nothing to do: the step may come again on another day."),
    (
        "trial",
        "Nothing to do: after the release of the trial run the creditor is asked for real.",
    ),
    ("decision", "Nothing to do: what the creditor decides is carried out."),
    (
        "no_route",
        "Find out an e-mail, phone or address and enter it among the contact points of the case:"
        " the steps to come then reach it.",
    ),
    (
        "given_up",
        "Nothing to do: the creditor opens the channel again with “Go on” in its portal, if it wants"
        " to.",
    ),
    (
        "closed",
        "A manager lifts the hold of this channel when its cause is gone: the steps to come then use"
        " it again.",
    ),
    ("condition", "Nothing to do: the scenario wants this step only on its condition."),
    (
        "horizon",
        "Nothing to do: the creditor decides what follows. The length of monitoring stands in the"
        " scenario.",
    ),
    (
        "due",
        "Nothing to do: the steps after the due date follow. What is handed over earlier is"
        " announced in time.",
    ),
    ("scenario", "Nothing to do: steps whose day is past are not made up for."),
]

# The same for a hold that is known, by its reason.
HOLD_CURES = [
    (
        "hold_creditor",
        "It ends on its last day, or when the creditor presses “Go on” in its portal; a manager lifts"
        " it when the creditor says so.",
    ),
    ("hold_promise", "Nothing to do: it ends by itself as soon as payments decide the promise."),
    (
        "hold_instalments",
        "Nothing to do: it ends by itself as soon as payments decide whether the instalments are kept.",
    ),
    (
        "hold_dispute",
        "The creditor answers the dispute in its portal, or a manager enters its answer on the"
        " dispute.",
    ),
    (
        "hold_paid_claim",
        "Ask the creditor whether the payment came in; a manager lifts the hold when it did not.",
    ),
    ("hold_reply", "Read the reply on the case and press “I Have Read the Reply” there."),
    (
        "hold_credit_note",
        "An accountant sets the credit note off against the invoice: the hold then ends by itself.",
    ),
    (
        "hold_names",
        "Nothing to do: it ends by itself, at once when the creditor confirms the names.",
    ),
    ("hold_struck", "A manager lifts it if the creditor takes its striking back."),
    ("hold_insolvency", "A manager lifts it if the notice of insolvency proves wrong."),
    (
        "hold_stop",
        "When its cause is gone, another manager than the one who stopped lifts it.",
    ),
    (
        "hold_volume",
        "A manager looks at the texts that wait, which stand on the hold, and lifts it, or cancels"
        " the reminders.",
    ),
    (
        "hold_engine",
        "An administrator switches one of the two engines off; the hold ends by itself with the next"
        " planning.",
    ),
    (
        "hold_account",
        "The creditor says which account is right: a manager changes that of the mandate if need be,"
        " and lifts the hold.",
    ),
    ("hold_other", "A manager lifts it when its cause is gone."),
]

# Where it is cured, by reason; what cures itself has no place.
CURE_PLACES = {
    "hours": "kind",
    "gap": "scenario",
    "cap": "kind",
    "coverage": "mandate",
    "hold": "hold",
    "text": "template",
    "error": "reminder",
    "unknown": "reminder",
    "posting": "print_run",
    "late_letter": "print_run",
    "mandate": "mandate",
    "authority": "mandate",
    "question": "decision",
    "consent": "case",
    "no_contact_point": "case",
    "sender": "brand",
    "no_route": "case",
    "closed": "hold",
    "condition": "scenario",
    "horizon": "scenario",
}
