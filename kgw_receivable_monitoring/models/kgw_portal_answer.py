from contextlib import closing

from odoo import api, models

from .kgw_decision_answer import STOPPING
from .kgw_portal_base import KgwPortalBase
from .kgw_portal_effect import SHOWN_CASES


class KgwPortalAnswer(models.AbstractModel):
    """What the creditor answers to questions and disputes, and what each answer would change."""

    _name = "kgw.portal.answer"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Answers"

    # === WHAT IS ASKED === #

    def _prepare_decisions(self, decisions):
        """Return open questions in words; what they need of the course is read once for all."""
        consents = decisions.filtered(lambda d: d.kind == "approval")
        first_days = consents._get_first_days(self._get_today())
        usable, going_on = consents.case_id._get_usable_channels(), decisions._get_going_on()
        return [
            self._prepare_decision(d, first_days.get(d), usable.get(d.case_id.id, ()))
            | {"default": d._say_silence(d in going_on)}
            for d in decisions
        ]

    def _prepare_decision(self, decision, first_day, usable):
        return {
            "id": decision.id,
            "kind": decision.kind,
            "kind_label": self._get_label(decision, "kind"),
            "step": decision.step_id.name if decision.kind == "approval" else "",
            "invoices": decision.invoices,
            "deadline": self._format_date(decision.deadline),
            "consequence": self._say_consequence(decision, first_day, usable),
            "sender": decision.mandate_id._get_brand("after").name,
            "has_preview": decision.kind == "approval",
            "is_letter": decision.step_id.channel == "letter",
            "values": [
                {"value": value, "label": label} for value, label in decision._get_offered_values()
            ],
        }

    def _prepare_dispute(self, dispute):
        return {
            "id": dispute.id,
            "case_id": dispute.case_id.id,
            "counterparty": dispute.case_id.counterparty_id.name,
            "invoice": dispute.invoice or "",
            "owed": self._format_sums(self._sum_residuals(dispute.receivable_id)),
            "reason": dispute.reason_id.name,
            "note": dispute.note or "",
            "deadline": self._format_date(dispute.deadline),
            "default": dispute._say_silence(self._get_today()),
            "files": [
                {"number": number, "name": file.name}
                for number, file in enumerate(dispute.attachment_ids.sorted("id"))
            ],
            "values": [
                {"value": value, "label": label} for value, label in dispute._get_offered_values()
            ],
        }

    def _say_consequence(self, decision, first_day, usable):
        """Return what follows each answer.

        :param first_day: when a step that is agreed to could go out, None for another question
        :param usable: the channels that lead to the counterparty
        """
        if decision.kind != "approval":
            return self.env._(
                "Handing over and ending stop every contact about these invoices at once."
            )
        without = self.env._("If not, monitoring goes on without it.")
        agreed = self._say_agreed(decision, first_day, usable)
        return " ".join(filter(None, (*agreed, without)))

    def _say_agreed(self, decision, first_day, usable):
        """Return in sentences what follows consent to a step; parameters of :meth:`_say_consequence`."""
        day, by = self._format_date(first_day), decision.step_id._get_answer_by(first_day)
        agreed = self.env._("If you agree, it goes out on %s at the earliest.", day)
        if by:
            agreed = self.env._(
                "If you agree, it goes out on %(day)s at the earliest; it then gives time to answer"
                " until %(by)s.",
                day=day,
                by=self._format_date(by),
            )
        return agreed, self._say_no_way(decision.step_id, usable)

    # === QUESTIONS === #

    @api.model
    def _decide(self, decision_id, value, now, address=""):
        """Answer an open question of the creditor; returns its case id.

        :param address: IP address from which it was decided
        :raise AccessError: there is no such question among the creditor's own
        :raise UserError: it was answered already
        """
        decision = self._get_to_answer("kgw.decision", decision_id)
        decision._decide(value, now, address)
        return decision.case_id.id

    @api.model
    def _foresee_answer(self, decision_id, value, now):
        """Return what an answer to a question would change, as :meth:`_foresee` of a decision.

        :raise UserError: as answering it would
        """
        self = self.with_context(kgw_now=now)
        decision = self._get_to_answer("kgw.decision", decision_id)
        told = {
            "kind_label": self._get_label(decision, "kind"),
            "step": decision.step_id.name if decision.kind == "approval" else "",
            "invoices": decision.invoices,
            "answer": dict(decision._fields["value"]._description_selection(self.env)).get(value),
            "at_once": value in STOPPING,
            "when": self._say_when_answered(decision, value in STOPPING),
        }
        tried = decision.with_context(kgw_simulation=True)
        effect = self._try_answer(
            decision, decision.receivable_ids, lambda: tried._decide(value, now)
        )
        return told | effect | {"words": self._say_answered(decision, value) + effect["words"]}

    def _say_answered(self, decision, value):
        """Return in sentences what follows an answer and no plan shows."""
        if value == "approve":
            first_day = decision._get_first_days(self._get_today())[decision]
            usable = decision.case_id._get_usable_channels()[decision.case_id.id]
            return [*filter(None, self._say_agreed(decision, first_day, usable))]
        if value == "wait":
            return [decision._say_waiting(bool(decision._get_going_on()))]
        said = {
            "refuse": self.env._("It is not sent; monitoring goes on without it."),
            "hand_over": self.env._(
                "We contact nobody about it any more; your controller prepares the rest."
            ),
            "end": self.env._("We contact nobody about these invoices any more."),
        }
        return [said[value]]

    # === DISPUTES === #

    @api.model
    def _answer_dispute(self, dispute_id, value, values, now, address=""):
        """Answer a dispute of the creditor; returns its case id.

        :param values: ``note`` and ``until`` (ISO day), both may be missing
        :param address: IP address from which it was answered
        """
        dispute = self._get_to_answer("kgw.dispute", dispute_id)
        dispute._answer(value, *self._read_answer(values, now), address)
        return dispute.case_id.id

    def _read_answer(self, values, now):
        """Return what :meth:`kgw.dispute._answer` takes of the values of a form."""
        until = self._read_day(values["until"]) if values.get("until") else None
        return (values.get("note") or "").strip()[:2000], now, until

    @api.model
    def _foresee_dispute(self, dispute_id, value, values, now):
        """Return what an answer to a dispute would change, as :meth:`_foresee` of a decision.

        :param values: as of :meth:`_answer_dispute`
        :raise UserError: as answering it would
        """
        self = self.with_context(kgw_now=now)
        dispute = self._get_to_answer("kgw.dispute", dispute_id)
        note, now, until = self._read_answer(values, now)
        told = {
            "kind_label": self.env._("Dispute"),
            "step": "",
            "invoices": dispute.invoice,
            "answer": dict(dispute._get_offered_values()).get(value),
            "at_once": True,
            "when": self._say_when_answered(dispute, False),
        }
        until = dispute._check_until(until, self._get_today())
        tried = dispute.with_context(kgw_simulation=True)
        effect = self._try_answer(
            dispute, dispute.receivable_id, lambda: tried._answer(value, note, now, until)
        )
        return told | effect | {"words": self._say_dispute_answered(dispute, value, until)}

    def _say_dispute_answered(self, dispute, value, until):
        """Return in sentences what follows an answer to a dispute and no plan shows."""
        if dispute._is_over(self._get_today()):
            return [self.env._("We contact nobody about this invoice any more.")]
        if value == "reject" and dispute._is_kept_back_besides(self._get_today()):
            return [
                self.env._(
                    "The dispute counts as rejected; for another reason the contact about this"
                    " invoice stays on hold all the same."
                )
            ]
        said = {
            "accept": self.env._("We contact nobody about this invoice any more."),
            "reject": self.env._("The contact about this invoice goes on by the scenario."),
            "correction": self.env._(
                "Until %s we wait for the correction and contact nobody about this invoice. Contact"
                " goes on about what is left of it once a credit note has come, and at the end of"
                " that day if none has.",
                self._format_date(until),
            ),
        }
        return [said[value]]

    @api.model
    def _reopen_dispute(self, dispute_id, now, address=""):
        """Take the answer to a dispute back; returns the case id.

        :raise UserError: it has acted already
        """
        dispute = self._get_to_answer("kgw.dispute", dispute_id)
        dispute._reopen(now, address)
        return dispute.case_id.id

    @api.model
    def _get_dispute_file(self, dispute_id, number):
        """Return ``(file name, content)`` of a document of a dispute of the creditor, or None."""
        dispute = self._search_own("kgw.dispute", [("id", "=", dispute_id)])
        files = dispute.attachment_ids.sorted("id")
        return (files[number].name, files[number].raw) if 0 <= number < len(files) else None

    # === BOTH === #

    def _get_to_answer(self, model, record_id):
        """Return a question or dispute of the creditor that its user may answer.

        :raise AccessError: there is none, or the right is missing
        """
        self._check_right("may_decide")
        return self._get_one(model, record_id)

    def _say_when_answered(self, asked, is_stopping):
        """Return when an answer acts, and until when it can be taken back."""
        if is_stopping:
            again = self.env._("Choose “Go on” if contact is to be taken up again.")
            return f"{self._say_when(True)} {again}"
        return f"{self._say_when(True)} {self._say_until_taken_back(asked)}"

    def _say_until_taken_back(self, asked):
        return self.env._(
            "You can take it back on the counterparty's page until %s, as long as nothing has come of"
            " it.",
            self._format_date(asked.deadline),
        )

    def _try_answer(self, asked, lines, answer):
        """Return what an answer would change; nothing stays.

        :param asked: the question or dispute, about ``lines`` of one counterparty
        :param answer: function that answers
        """
        case = asked.case_id
        touched = {case: self._sum_residuals(lines)}
        before = self._take_pictures(case)
        before[case].planned.pop(asked, None)  # that it is answered is no news
        scheduled = self._get_scheduled(case)
        with closing(self.env.cr.savepoint()):
            answer()
            self.env.flush_all()
            after = self._take_pictures(case)
            differs = {case: self._find_difference(before[case], after[case])}
            return {
                "count": self._count(1, "counterparty"),
                "case_ids": case.ids,
                "counterparty": case.counterparty_id.name,
                "amount": self._format_sums(touched[case]),
                "left": self._format_sums(touched[case]),
                "changes": self._compare(differs, before, after, touched),
                "words": self._say_superseded(scheduled),
                "left_out": [],
                "parts": [],
                "shown": SHOWN_CASES,
            }

    def _get_answered(self, case, disputes, rights):
        """Return the answers of the creditor that can still be taken back.

        :param disputes: those of the case
        :param rights: those of the user, of :meth:`_get_rights`
        """
        today = self._get_today()
        decisions = case.decision_ids._get_reopenable(today)
        return [
            *(
                self._prepare_answered(asked, self._say_answer(asked), "decision", rights)
                for asked in decisions
            ),
            *(
                self._prepare_answered(
                    asked,
                    self._get_code_label("kgw.event", "kind", f"dispute_{asked.state}"),
                    "dispute",
                    rights,
                )
                for asked in disputes._get_reopenable(today)
            ),
        ]

    def _say_answer(self, decision):
        step = decision.step_id.name if decision.kind == "approval" else ""
        return ": ".join(filter(None, (self._say_decided(decision), step)))

    def _prepare_answered(self, asked, said, what, rights):
        is_dispute = what == "dispute"
        moment = asked.answered_at if is_dispute else asked.decided_at
        who = asked.answered_by_id if is_dispute else asked.decided_by_id
        return {
            "id": asked.id,
            "what": what,
            "said": said,
            "invoices": asked.invoice if is_dispute else asked.invoices,
            "who": who.name,
            "at": self._format_moment(moment),
            "until": self._say_until_taken_back(asked),
            "may_revoke": rights["may_decide"],
        }
