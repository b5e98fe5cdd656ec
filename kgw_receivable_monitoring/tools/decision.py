"""What the creditor may decide by itself: which values each kind of decision takes, and when it acts."""

from typing import NamedTuple


class Spec(NamedTuple):
    """What a kind of decision asks for and how it acts.

    :param wants: fields that must be filled in
    :param takes: further fields that may be
    :param at_once: it stops something and acts at once; others act in the next run
    :param right: what the creditor's user needs: ``decide`` or ``hand_over``
    :param many: it can be taken for many counterparties at once
    :param ahead: its day is today or a later one
    :param about: ``watched``, what is owed and was neither handed over nor withdrawn; ``owed``, all
        that is owed; empty, the counterparty itself, whatever it owes
    :param given: it is about what was handed over or withdrawn, too, where nothing is ticked
    :param standing: it holds on, on its day at the latest, until it is taken back
    """

    wants: tuple = ()
    takes: tuple = ()
    at_once: bool = False
    right: str = "decide"
    many: bool = True
    ahead: bool = False
    standing: bool = False
    about: str = "watched"
    given: bool = False


# What the creditor decides by itself; each kind has its method ``_do_<kind>``.
SPECS = {
    "go_on": Spec(takes=("note",), about="", given=True),
    "pause": Spec(wants=("until_date",), takes=("note",), at_once=True, ahead=True),
    "stop": Spec(takes=("is_lasting", "note"), at_once=True),
    "new_date": Spec(wants=("until_date",), takes=("is_lasting", "note"), ahead=True),
    "instalments": Spec(
        wants=("number", "until_date"), takes=("note",), at_once=True, many=False, ahead=True
    ),
    "scenario": Spec(wants=("scenario_id",), about=""),
    "no_channel": Spec(wants=("channel",), takes=("note",), at_once=True, about=""),
    "ask_call": Spec(takes=("note",)),
    "ask_demand": Spec(takes=("note",)),
    "waive": Spec(takes=("until_date", "note"), at_once=True, ahead=True, standing=True),
    "warning": Spec(takes=("note",), standing=True),
    "payment": Spec(
        wants=("amount", "until_date"), at_once=True, many=False, about="owed", given=True
    ),
    "contact": Spec(wants=("point_kind", "note"), at_once=True, many=False, about="", given=True),
    "collection": Spec(takes=("note",), at_once=True, right="hand_over", about="owed"),
    "withdraw": Spec(takes=("is_lasting", "note"), at_once=True, right="hand_over", about="owed"),
}
# With ``is_lasting`` they mean the invoices to come, too.
FOR_FUTURE = ("stop", "withdraw")
# What plans a contact, in place of one that is planned: about the invoices of that contact only.
ASKING = ("ask_call", "ask_demand")
# What only makes planned steps wait or changes their words or days: they come all the same.
RESHAPING = ("ask_call", "new_date", "waive")
# What ends the contact takes these of the next run back: going on, and contacts asked for.
ENDED = ("go_on", "ask_call", "ask_demand")
# What goes out of the agency's hands.
GIVEN_AWAY = ("collection", "withdraw")
MAX_INSTALMENTS = 24
POINT_KINDS = ("email", "phone", "address")
