from datetime import date
from typing import NamedTuple

from odoo import models

from .kgw_portal_base import KgwPortalBase

# So many steps of another course are named.
SHOWN_STEPS = 4


class Effect(NamedTuple):
    """A decision that was tried.

    :param values: its values
    :param taken: the decisions, carried out
    :param lifted: holds of the creditor from before
    :param changes: what changes for each counterparty
    :param after: ``{case: Picture}`` of how they stand then
    """

    values: dict
    taken: object
    lifted: object
    changes: list
    after: dict


class KgwPortalEffectWords(models.AbstractModel):
    """What a decision would change, in sentences."""

    _name = "kgw.portal.effect.words"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What a Decision Changes, in Words"

    def _say_effect(self, kind, effect):
        """Return in sentences what no plan shows: each kind that has any tells them in its method
        ``_tell_<kind>``.

        :param effect: an :class:`Effect`
        """
        tell = getattr(self, f"_tell_{kind}", None)
        return tell(effect) if tell else []

    def _say_untold(self, differences):
        """Say so where nobody tells the counterparty in writing any more what was agreed.

        :param differences: ``{case: Difference}``
        """
        gone = [record for differs in differences.values() for record in differs.gone]
        promises = [record.promise_id for record in gone if record._name == "kgw.reminder"]
        if not any(promise.state == "open" for promise in promises):
            return []
        return [
            self.env._(
                "The written confirmation of what was agreed does not go out any more: please tell"
                " the counterparty yourself."
            )
        ]

    def _say_superseded(self, scheduled):
        """Name what was decided for the next run and is taken back, wholly or for some invoices.

        :param scheduled: ``{decision that waited for the next run before: its receivables}``
        """
        said = []
        for decision, lines in scheduled.items():
            if decision.state == "revoked":
                said.append(self._say_decided(decision))
            elif gone := lines - decision.receivable_ids:
                said.append(f"{self._say_decided(decision)} ({self._name_invoices(gone)})")
        if not said:
            return []
        told = ", ".join(dict.fromkeys(said))
        return [self.env._("What waits for the next run is taken back: %s.", told)]

    def _tell_no_channel(self, effect):
        return [
            self.env._(
                "From now on steps of this channel take the other channel agreed for them, or are"
                " left out."
            )
        ]

    def _tell_new_date(self, effect):
        return [
            self._say_beginning_anew(effect.after.values()),
            self._say_interest(effect.values.get("is_lasting")),
        ]

    def _say_beginning_anew(self, pictures):
        """Say when the course begins anew: where all contact is on hold, it tells nobody yet."""
        if all(picture.hold for picture in pictures):
            return self.env._(
                "Contact is on hold, and stays so: when the hold ends, the course goes on from the"
                " new date, with the mildest steps first."
            )
        return self.env._(
            "The course begins anew: the counterparty is told of the new date before it comes,"
            " and after it the steps go from the mildest on again."
        )

    def _say_interest(self, is_meanwhile):
        if is_meanwhile:
            return self.env._(
                "Interest runs from the old due date, also until the new one: nothing of it is given"
                " up."
            )
        return self.env._(
            "Interest runs only from the new due date: you give up what would be due until then."
        )

    def _tell_ask_demand(self, effect):
        said = [
            self.env._(
                "The demand goes out in your name in contact hours, once payments are known through"
                " the due date. Until then you can stop or pause it."
            )
        ]
        demands = effect.taken.case_id.reminder_ids._get_open().filtered("decision_id")
        if len(effect.taken) == 1:  # of many, each counterparty has its own
            said += self._say_demanded(demands)
        if demands.step_id.filtered("needs_approval"):
            said.append(
                self.env._(
                    "Asking for it is your consent to this step: if we have asked you for that, the"
                    " question is answered with it."
                )
            )
        return said

    def _say_demanded(self, demand):
        """Say what a demand demands, and what it only names as overdue too."""
        lines = demand._get_live_lines()
        main = lines._get_own()._get_main().receivable_id
        said = [self.env._("It demands: %s.", self._name_invoices(main))] if main else []
        if others := lines.receivable_id - main:
            names = self._name_invoices(others)
            said.append(self.env._("Named as overdue too, but not demanded by it: %s.", names))
        return said

    def _tell_instalments(self, effect):
        reminders = effect.taken.case_id.reminder_ids
        told = self.env._(
            "We can't tell the counterparty in writing what you have agreed to: please tell it"
            " yourself."
        )
        if reminders.filtered(lambda r: r.promise_id.decision_id and r.state == "planned"):
            told = self.env._(
                "The counterparty is told in writing at once what you have agreed to."
            )
        lasts = self.env._(
            "An agreement can't be taken back here: ask your controller. If an instalment is not paid"
            " in time, contact goes on by itself."
        )
        return [told, lasts]

    def _tell_ask_call(self, effect):
        """Say so where another contact is on its way just now, so that no call is planned."""
        called = effect.taken.case_id.reminder_ids._get_open()
        if effect.taken.case_id <= called.filtered(lambda r: r.channel == "phone").case_id:
            return []
        return [
            self.env._("Where no call can be planned just now, your controller is asked to call.")
        ]

    def _tell_stop(self, effect):
        if effect.values.get("is_lasting"):
            return [self.env._("Nobody is contacted about invoices to come either.")]
        return [self.env._("Invoices to come are monitored as agreed.")]

    def _tell_withdraw(self, effect):
        return [
            self.env._("We no longer monitor these invoices; your controller is told."),
            *self._tell_stop(effect),
        ]

    def _tell_pause(self, effect):
        """Say so where something else keeps the contact back longer than the pause."""
        day = effect.values["until_date"]
        holds = [picture.hold for picture in effect.after.values() if picture.hold]
        if not any(not hold.until_date or hold.until_date > day for hold in holds):
            return []
        return [
            self.env._(
                "Where contact is on hold for another reason as well, it goes on only when both"
                " have ended."
            )
        ]

    def _tell_go_on(self, effect):
        """Say which decisions of the creditor are taken back, and where that moves nothing."""
        lifted = effect.lifted
        ending = lifted._get_of_every_channel().grouped(self._name_lifted)
        said = [self._say_ending(noun, holds) for noun, holds in ending.items()]
        channels = sorted(set(lifted.filtered("channel").mapped("channel")))
        labels = [self._get_code_label("kgw.reminder", "channel", code) for code in channels]
        if labels:
            said.append(self.env._("Closed channels are used again: %s.", ", ".join(labels)))
        stages = set(effect.taken.receivable_ids.mapped("kgw_stage"))
        if stages == {"elapsed"}:
            said.append(
                self.env._(
                    "Monitoring of these invoices is over: even so nobody is contacted about them."
                )
            )
        return said

    def _name_lifted(self, hold):
        """Return a hold of the creditor in words: what it decided, and until when."""
        decision = hold.decision_id
        noun = self._get_decision_noun(decision.value or decision.kind)
        noun = noun or self._get_label(hold, "reason")
        if hold.until_date:
            until = self._format_date(hold.until_date)
            noun = self.env._("%(what)s until %(day)s", what=noun, day=until)
        return noun

    def _say_ending(self, noun, holds):
        """Return what going on ends, with its invoices where it is about single ones."""
        invoices = ", ".join(move._kgw_get_name(self._format_date) for move in holds.move_id)
        return self.env._("This ends: %s.", f"{noun} ({invoices})" if invoices else noun)

    def _tell_scenario(self, effect):
        """Say what no next contact shows: that it is for later, or for other invoices."""
        today, taken = self._get_today(), effect.taken
        given = taken._get_given_away(taken.receivable_ids, today)
        running = taken.receivable_ids.filtered(lambda line: line.kgw_stage != "elapsed") - given
        if not running:
            return [
                self.env._(
                    "Nothing changes for today's invoices: the scenario is for those to come."
                )
            ]
        if not all(change["is_same"] for change in effect.changes):
            return [
                self.env._("From the next run on the steps to come are those of this scenario."),
                *self._say_first_steps(effect.after),
            ]
        if any(picture.hold for picture in effect.after.values()):
            return [
                self.env._(
                    "Contact is on hold, and stays so: it goes on by this scenario when the hold"
                    " ends."
                )
            ]
        return [self.env._("The coming steps stay as they are.")]

    def _say_first_steps(self, pictures):
        """Name the steps that come first for one counterparty; many have each their own.

        :param pictures: ``{case: Picture}``
        """
        plans = [picture.plan for picture in pictures.values()]
        if len(plans) != 1 or not plans[0]:
            return []
        steps = [
            f"{self._format_date(date.fromisoformat(iso))} {name}"
            for iso, name, *_rest in plans[0][:SHOWN_STEPS]
        ]
        return [self.env._("The next ones: %s.", "; ".join(steps))]

    def _say_rewritten(self, changes):
        if not any(change["anew"] for change in changes):
            return []
        return [
            self.env._(
                "A letter printed with interest is taken out: what goes out in its place says nothing"
                " of it."
            )
        ]

    def _say_given_up(self, lines):
        """Say what the interest comes to that the creditor waives; nothing before the due date."""
        # Creditors have no rights on the rates, which are public; the invoices are their own.
        rates_sudo = self.env["kgw.rate"].sudo()
        interest = rates_sudo._format_sum(lines, self._get_today(), self.env.lang or "en_US")
        if not interest:
            return []
        return [self.env._("Statutory interest on these invoices through today: %s.", interest)]

    def _tell_waive(self, effect):
        said = [
            self.env._(
                "E-mails, letters and calls about these invoices no longer speak of interest. You"
                " can take it back on the counterparty's page."
            )
        ]
        if effect.values.get("until_date"):
            said.append(
                self.env._(
                    "They say that you ask for no interest if the payment arrives by %(day)s. From"
                    " the day after, they speak of interest again.",
                    day=self._format_date(effect.values["until_date"]),
                )
            )
        rewritten = self._say_rewritten(effect.changes)
        return said + rewritten + self._say_given_up(effect.taken.receivable_ids)

    def _tell_warning(self, effect):
        said = [
            self.env._(
                "A warning of an entry in a debt register may go out about these invoices. Without"
                " your consent none goes out. You can take it back on the counterparty's page."
            )
        ]
        cases = effect.taken.case_id
        steps = cases.env["kgw.scenario.step"].union(
            *(case._get_scenario().step_ids for case in cases)
        )
        if "warn" not in steps.template_id.mapped("scope"):
            said.append(
                self.env._(
                    "The agreed scenario has no such warning: because of your consent alone nothing"
                    " is sent."
                )
            )
        return said

    def _tell_collection(self, effect):
        return [
            self.env._("We contact nobody about it any more; your controller prepares the rest.")
        ]

    def _tell_payment(self, effect):
        return [
            self.env._(
                "The payment is booked on these invoices, the oldest first: %s.",
                self._name_invoices(effect.taken.receivable_ids),
            )
        ]

    def _name_invoices(self, lines):
        """Return the names of ``lines`` as the register has them, in the words of the page."""
        return ", ".join(self.env["kgw.event"]._name_invoices(lines, self._format_date))

    def _tell_contact(self, effect):
        return [self.env._("It is used first; what was known so far stays as the second choice.")]
