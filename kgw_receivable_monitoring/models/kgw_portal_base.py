from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.http import request

from ..tools import calendar, words
from ..tools.calendar import POLAND

# What else the name of a step calls its channel.
CHANNEL_NAMES = {"phone": ("call",)}


class KgwPortalBase(models.AbstractModel):
    """The fence of the creditor's portal, and its words; every subject stands on it."""

    _name = "kgw.portal.base"
    _description = "Creditor's Portal: Fence"

    # === THE FENCE === #

    @api.model
    def _get_creditor_domain(self):
        """Return the fence: what belongs to the creditor whose user asks.

        :raise AccessError: nobody is logged in
        """
        user = self.env.user
        if user._is_public() or not user.active:
            raise AccessError(self.env._("Please log in to see your cases."))
        if not user.share:  # our own people work in the backend, with their own rights
            return [("creditor_id", "=", 0)]
        return [("creditor_id", "child_of", self.env.user.partner_id.commercial_partner_id.id)]

    def _get_own(self, model, path=""):
        """Return ``(model with rights, the fence)``: the only door of the portal to records.

        What follows from such a record stays in the caller's hands: it is of the same creditor.

        :param path: field of the model that leads to what has a creditor; '' for itself
        """
        fence = self._get_creditor_domain()
        # Portal users have no right on any model of ours: the fence stands in for their rights.
        return self.env[model].sudo(), [(path, "any", fence)] if path else fence

    def _search_own(self, model, domain, path="", **kwargs):
        """Return what of ``model`` belongs to the creditor and meets ``domain``."""
        records, fence = self._get_own(model, path)
        return records.search([*fence, *domain], **kwargs)

    def _count_own(self, model, domain):
        """Return how many of ``model`` belong to the creditor and meet ``domain``."""
        records, fence = self._get_own(model)
        return records.search_count([*fence, *domain])

    def _get_mandates(self):
        """Return the creditor's mandates."""
        return self._search_own("kgw.mandate", [])

    def _search_cases(self, domain, **kwargs):
        return self._search_own("kgw.case", domain, **kwargs)

    def _get_one(self, model, record_id, path="", domain=()):
        """Return one record of the creditor.

        :raise AccessError: there is none; in the same words for a foreign one
        """
        record = self._search_own(model, [("id", "=", int(record_id)), *domain], path)
        if not record:
            raise AccessError(self.env._("This is not there any more."))
        return record

    def _check_right(self, right):
        """
        :raise AccessError: the user may look, but not do this
        """
        if not self._get_rights()[right]:
            refusals = {
                "may_decide": self.env._(
                    "You may look at this page, not decide. Ask your lead or controller."
                ),
                "may_hand_over": self.env._(
                    "You may not hand over invoices or payments, nor cases to collection, nor withdraw"
                    " them or accept terms. Ask your lead or controller."
                ),
            }
            raise AccessError(refusals[right])

    def _get_address(self):
        """Return the IP address of the request, '' outside one."""
        return request.httprequest.remote_addr if request else ""

    def _get_rights(self):
        # The user's own row, which it has no right to read itself.
        return self.env["kgw.portal.access"].sudo()._get_rights(self.env.user)

    # === FILES === #

    @api.model
    def _get_letter(self, reminder_id):
        """Return ``(file name, PDF)`` of a letter that was posted for the creditor, or None."""
        reminder = self._search_own(
            "kgw.reminder",
            [
                ("id", "=", reminder_id),
                ("state", "in", ("sent", "delivered", "undelivered")),
                ("attachment_id", "!=", False),
            ],
            "case_id",
        )
        return (reminder.attachment_id.name, reminder.attachment_id.raw) if reminder else None

    # === PLAIN VALUES === #

    def _format_money(self, amount, currency):
        """Return an amount with grouped thousands, which Odoo's own Polish format lacks."""
        return words.format_money(Decimal(str(amount)), currency, self._get_lang())

    def _format_sums(self, sums):
        """Return ``{currency code: amount}`` as one text; currencies are never added up."""
        parts = [self._format_money(amount, code) for code, amount in sorted(sums.items())]
        return ", ".join(parts)

    def _format_date(self, day):
        return words.format_date(day, self._get_lang()) if day else ""

    def _format_moment(self, moment):
        """Return a moment of the register on the Polish wall clock."""
        if not moment:
            return ""
        local = fields.Datetime.context_timestamp(self.with_context(tz=POLAND), moment)
        return f"{self._format_date(local.date())}, {local:%H:%M}"

    def _format_upcoming(self, day):
        """What is due since a past day is due on the next working day."""
        return self._format_date(calendar.forward(max(day, self._get_today()))) if day else ""

    def _get_today(self):
        """Return the day of the page."""
        return calendar.local_date(self._get_now())

    def _get_now(self):
        """Return the moment of the page; ``kgw_now`` in the context is another one than now."""
        return self.env.context.get("kgw_now") or fields.Datetime.now()

    def _get_lang(self):
        return self.env.lang or "en_US"

    def _count(self, number, noun, genitive=False):
        return words.count(number, noun, self._get_lang(), genitive)

    def _count_invoices(self, receivables):
        """Return in words of how many invoices these are; '' of none."""
        moves = receivables.move_id
        return self._count(len(moves), "invoice") if moves else ""

    @api.model
    def _speak_to_agency(self):
        """Return this model for pages of the agency, which tell the same as those of the creditor."""
        return self.with_context(kgw_to_agency=True)

    def _get_label(self, record, field):
        """Return the label of a selection in the reader's language."""
        return self._get_code_label(record._name, field, record[field])

    def _get_code_label(self, model, field, code):
        """Return the label of a code; a reason speaks to the creditor, not of it, unless the reader
        is one of the agency (:meth:`_speak_to_agency`)."""
        is_own = field in ("reason", "waiting_reason")
        if is_own and not self.env.context.get("kgw_to_agency"):
            if said := self._get_own_reasons().get(code):
                return said
        labels = dict(self.env[model]._fields[field]._description_selection(self.env))
        return labels.get(code, "") if code else ""

    def _get_reasons(self):
        """Return the reasons in the backend's words."""
        return self.env["kgw.reminder"]._fields["reason"]._description_selection(self.env)

    def _get_own_reasons(self):
        """Return ``{code: words}`` of the reasons in which the backend names the creditor, or tells
        what is the agency's own."""
        return {
            "approval": self.env._("You did not agree to this step"),
            # That somebody else's contacts count would tell of another creditor.
            "cap": dict(self._get_reasons())["hours"],
            "consent": self.env._(
                "You did not consent to the warning of an entry in a debt register"
            ),
            "coverage": self.env._(
                "Payments are not known through the due date yet: we ask you for them"
            ),
            "creditor": self.env._("You asked to wait"),
            "decision": self.env._("You decided otherwise"),
            "engine": self.env._("We check what is planned before it goes out"),
            "given_up": self.env._("You do not want this channel to be used"),
            "instalments": self.env._("You agreed to instalments"),
            "late_letter": self.env._(
                "The printed letter lay too long: it is not posted, but planned anew"
            ),
            "names": self.env._("New counterparties: you may strike names first"),
            "no_followup": self.env._("Reminders are switched off for this invoice"),
            "question": self.env._("We asked whether you agree to this step; you may still answer"),
            "reshaped": self.env._("Your decision changes it: what remains of it is planned anew"),
            "stop": self.env._("We have stopped sending for the time being"),
            "struck": self.env._("You struck this name"),
            "volume": self.env._("We check what is planned before it goes out"),
        }

    def _name_step(self, step):
        """Return the name of a step, or what a contact without one is.

        :param step: a step, or the reminder that has none
        """
        return self._name_single(step) if step._name == "kgw.reminder" else step.name or ""

    def _name_single(self, reminder):
        """Return what a contact without a step is: what it follows from, or who wants it. Texts for
        many uses are named for those who choose among them."""
        if reminder.decision_id:
            return self.env._("call as asked for")
        if not reminder.template_id.rung:
            return reminder.template_id.name or ""
        if reminder.channel == "phone":
            return self.env._("call by the controller")
        return self.env._("message from the controller")

    def _name_channel(self, step, channel):
        """Return the channel in words where the name of the step does not say it: the name of
        another channel in it, or of none.

        :param channel: the one that is used, '' for a step without one
        """
        label = self._get_code_label("kgw.reminder", "channel", channel)
        if channel and step.channel and channel != step.channel:
            return self.env._("this time: %s", label)
        name = self._name_step(step).casefold()
        if any(word.casefold() in name for word in (label, *CHANNEL_NAMES.get(channel, ()))):
            return ""
        return label

    def _get_decision_noun(self, code):
        """Return a kind or value of a decision as a noun, for sentences about what was decided; the
        labels of both are what a button says."""
        env = self.env
        return {
            "go_on": env._("contact goes on"),
            "pause": env._("pause of the contact"),
            "stop": env._("end of the contact"),
            "new_date": env._("new due date"),
            "instalments": env._("payment in instalments"),
            "scenario": env._("another scenario"),
            "no_channel": env._("a channel not used"),
            "ask_call": env._("a call asked for"),
            "ask_demand": env._("a demand asked for"),
            "waive": env._("interest and compensation waived"),
            "warning": env._("consent to the warning of an entry in a debt register"),
            "payment": env._("payment confirmed"),
            "contact": env._("contact data corrected"),
            "collection": env._("handing over to collection"),
            "hand_over": env._("handing over to collection"),
            "withdraw": env._("withdrawal from monitoring"),
            "approve": env._("consent to sending"),
            "refuse": env._("no consent to sending"),
            "wait": env._("waiting for the payment"),
            "end": env._("end of monitoring"),
        }.get(code) or self._get_code_label("kgw.decision", "kind", code)
