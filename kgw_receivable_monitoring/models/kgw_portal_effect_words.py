from odoo import models

from .kgw_portal_base import KgwPortalBase


class KgwPortalEffectWords(models.AbstractModel):
    """What a decision would change, in sentences."""

    _name = "kgw.portal.effect.words"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What a Decision Changes, in Words"

    def _say_effect(self, kind, values, taken, lifted, changes):
        """Return in sentences what no plan shows.

        :param taken: the decisions, carried out
        :param lifted: holds of the creditor from before
        :param changes: what changes for each counterparty
        """
        if kind == "go_on":
            return self._say_lifted(taken, lifted)
        if kind == "scenario":
            return self._say_another_scenario(taken, changes)
        say = getattr(self, f"_say_{kind}", None)
        said = say(values, taken.case_id) if say else []
        if kind == "waive":
            said += self._say_rewritten(changes) + self._say_given_up(taken.receivable_ids)
        return said

    def _say_no_channel(self, values, cases):
        return [
            self.env._(
                "From now on steps of this channel take the other channel agreed for them, or are"
                " left out."
            )
        ]

    def _say_new_date(self, values, cases):
        return [
            self.env._(
                "The course begins anew: the counterparty is told of the new date before it comes,"
                " and after it the steps go from the mildest on again."
            )
        ]

    def _say_ask_demand(self, values, cases):
        return [
            self.env._(
                "The demand goes out in your name in contact hours, once payments are known through"
                " the due date. Until then you can stop or pause it."
            )
        ]

    def _say_instalments(self, values, cases):
        if cases.reminder_ids.filtered(lambda r: r.promise_id.decision_id and r.state == "planned"):
            return [
                self.env._("The counterparty is told in writing at once what you have agreed to.")
            ]
        return [
            self.env._(
                "We can't tell the counterparty in writing what you have agreed to: please tell it"
                " yourself."
            )
        ]

    def _say_ask_call(self, values, cases):
        return [
            self.env._("Where no call can be planned just now, your controller is asked to call.")
        ]

    def _say_pause(self, values, cases):
        """Say so where something else keeps the contact back longer than the pause."""
        day = values["until_date"]
        longer = [
            case
            for case in cases
            if (hold := self._get_keeping_hold(case))
            and (not hold.until_date or hold.until_date > day)
        ]
        if not longer:
            return []
        return [
            self.env._(
                "Where contact is on hold for another reason as well, it goes on only when both"
                " have ended."
            )
        ]

    def _get_keeping_hold(self, case):
        lines = case._get_open_receivables()
        return self._search_holds(case, lines)._get_keeping(lines)

    def _say_lifted(self, taken, lifted):
        """Say which decisions of the creditor are taken back, and where that moves nothing."""
        ending = lifted._get_of_every_channel().grouped(self._name_lifted)
        said = [self._say_ending(noun, holds) for noun, holds in ending.items()]
        channels = sorted(set(lifted.filtered("channel").mapped("channel")))
        labels = [self._get_code_label("kgw.reminder", "channel", code) for code in channels]
        if labels:
            said.append(self.env._("Closed channels are used again: %s.", ", ".join(labels)))
        stages = set(taken.receivable_ids.mapped("kgw_stage"))
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
        invoices = ", ".join(holds.move_id.mapped(lambda move: move.kgw_display_number or ""))
        return self.env._("This ends: %s.", f"{noun} ({invoices})" if invoices else noun)

    def _say_another_scenario(self, taken, changes):
        """Say what no next contact shows: that it is for later, or for other invoices."""
        today = self._get_today()
        given = taken._get_given_away(taken.receivable_ids, today)
        running = taken.receivable_ids.filtered(lambda line: line.kgw_stage != "elapsed") - given
        if not running:
            return [
                self.env._(
                    "Nothing changes for today's invoices: the scenario is for those to come."
                )
            ]
        if not all(change["is_same"] for change in changes):
            return [
                self.env._("From the next run on the steps to come are those of this scenario.")
            ]
        if any(self._get_keeping_hold(case) for case in taken.case_id):
            return [
                self.env._(
                    "Contact is on hold, and stays so: it goes on by this scenario when the hold"
                    " ends."
                )
            ]
        return [self.env._("The coming steps stay as they are.")]

    def _say_rewritten(self, changes):
        if not any(change["cancelled"] for change in changes):
            return []
        return [self.env._("A letter printed with interest is taken out and written anew.")]

    def _say_given_up(self, lines):
        """Say what the interest comes to that the creditor waives; nothing before the due date."""
        # Creditors have no rights on the rates, which are public; the invoices are their own.
        rates_sudo = self.env["kgw.rate"].sudo()
        interest = rates_sudo._format_sum(lines, self._get_today(), self.env.lang or "en_US")
        if not interest:
            return []
        return [self.env._("Statutory interest on these invoices through today: %s.", interest)]

    def _say_waive(self, values, cases):
        said = [
            self.env._(
                "E-mails, letters and calls about these invoices no longer speak of interest. You"
                " can take it back on the counterparty's page."
            )
        ]
        if values.get("until_date"):
            said.append(
                self.env._(
                    "They say that you ask for no interest if the payment arrives by %(day)s. From"
                    " the day after, they speak of interest again.",
                    day=self._format_date(values["until_date"]),
                )
            )
        return said

    def _say_warning(self, values, cases):
        said = [
            self.env._(
                "A warning of an entry in a debt register may go out about these invoices. Without"
                " your consent none goes out. You can take it back on the counterparty's page."
            )
        ]
        steps = cases.env["kgw.scenario.step"].union(*(c._get_scenario().step_ids for c in cases))
        if "warn" not in steps.template_id.mapped("scope"):
            said.append(
                self.env._(
                    "The agreed scenario has no such warning: because of your consent alone nothing"
                    " is sent."
                )
            )
        return said

    def _say_collection(self, values, cases):
        return [
            self.env._("We contact nobody about it any more; your controller prepares the rest.")
        ]

    def _say_contact(self, values, cases):
        return [self.env._("It is used first; what was known so far stays as the second choice.")]
