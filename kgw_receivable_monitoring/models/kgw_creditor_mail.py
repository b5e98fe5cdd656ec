from datetime import timedelta

from odoo import api, models
from odoo.tools import formataddr

from ..tools import calendar, words
from ..tools.text import TextError

# How many receivables an e-mail that asks for payments lists, the oldest first.
LISTED = 50
REPORT = "email_creditor_report"


class KgwCreditorMail(models.AbstractModel):
    """What the creditor is told and asked by e-mail; it decides only after logging in."""

    _name = "kgw.creditor.mail"
    _description = "E-mails to the Creditor"

    @api.model
    def _ask(self, decision):
        """Tell the creditor of ``decision`` that it is asked something."""
        mandate = decision.case_id.mandate_id
        lang = mandate.creditor_id.lang or "pl_PL"
        values = {
            **self._get_values(
                mandate, decision.case_id, decision.receivable_ids, decision.asked_on
            ),
            "link": self._get_link(mandate, f"/{decision.case_id.id}#kgw_decision_{decision.id}"),
            "answer_by": words.format_date(decision.deadline, lang, long=True),
            "silence": decision.with_context(lang=lang)._say_silence(
                bool(decision._get_going_on())
            ),
            "step": self._get_step(decision.step_id, lang),
        }
        self._post(mandate, self._get_question_template(decision.kind), values)

    def _get_question_template(self, kind):
        return "email_approval" if kind == "approval" else "email_creditor_question"

    def _get_step(self, step, lang):
        """Return the step that the creditor is asked about, as strings."""
        return {
            "name": step.with_context(lang=lang).name or "",
            "is_final": "1" if step.rung == "final" else "",
            "is_registered": "1" if step.is_registered else "",
        }

    @api.model
    def _report(self, mandate, receivables, on_date, now):
        """Report to the creditor the receivables whose monitoring has ended: a plain list."""
        self._record_report(receivables, now)
        cases = receivables.kgw_case_id
        values = {
            **self._get_values(mandate, cases[:1], receivables, on_date),
            "link": self._get_link_of_cases(mandate, cases),
        }
        self._post(mandate, REPORT, values)

    def _record_report(self, receivables, now):
        """Write a row for each receivable, since the course goes by them; the first one of a case
        tells them all."""
        events = self.env["kgw.event"]
        told = [
            [(line, line.kgw_next_step_id.id) for line in lines]
            for lines in receivables.grouped("kgw_case_id").values()
        ]
        events._record(
            [
                self._prepare_report_vals(line, now, step_id, events._prepare_part(rows, number))
                for rows in told
                for number, (line, step_id) in enumerate(rows)
            ]
        )

    def _prepare_report_vals(self, line, now, step_id, part):
        """Return the values of the row of one receivable; each row of a trial run says so.

        :param part: of ``kgw.event._prepare_part``
        """
        is_trial = line.kgw_case_id.mandate_id.is_trial
        payload = self.env["kgw.event"]._tell_trial(part.get("payload", {}), is_trial)
        return line._kgw_prepare_event_vals(
            "report", now, step_id=step_id, **{**part, "payload": payload or None}
        )

    @api.model
    def _ask_for_payments(self, on_date):
        """Ask creditors, once a working day, for the payments that planned contacts wait for."""
        if not calendar.is_working_day(on_date):
            return  # nobody is contacted, and no bookkeeper reads it; calls stay planned meanwhile
        waiting = self.env["kgw.reminder"].search(
            [
                ("state", "=", "planned"),
                ("side", "=", "after"),
                ("mandate_id.is_own_sales", "=", False),
                "|",
                ("mandate_id.coverage_asked_on", "=", False),
                ("mandate_id.coverage_asked_on", "<", on_date),
            ]
        )
        stopped = self.env["kgw.hold"]._get_stopped(waiting.mandate_id, on_date)
        for mandate, reminders in waiting.grouped("mandate_id").items():
            if mandate in stopped:
                continue
            lines = reminders.line_ids._get_own().receivable_id.filtered(
                lambda r, m=mandate: not m._knows_payments(r.kgw_effective_due, on_date)
            )
            if lines:
                needed = calendar.back(on_date - timedelta(days=1))
                self._ask_payments(mandate, lines, needed, on_date)
                mandate.coverage_asked_on = on_date

    def _ask_payments(self, mandate, receivables, needed, on_date):
        """Ask the creditor for its payments through ``needed``: ``receivables`` wait for them."""
        lang = mandate.creditor_id.lang or "pl_PL"
        listed = receivables.sorted("date_maturity")[:LISTED]
        values = {
            **self._get_values(mandate, listed.kgw_case_id[:1], listed, on_date),
            "link": self._get_link(mandate, "/handover"),
            "answer_by": words.format_date(needed, lang, long=True),
        }
        self._post(mandate, "email_creditor_payments", values)

    # === NEWS === #

    @api.model
    def _tell_broken(self, promises, now):
        """Tell creditors of the promises that were not kept: one e-mail for each mandate."""
        today = calendar.local_date(now)
        for mandate, broken in promises.grouped("mandate_id").items():
            case, lines = broken.case_id[:1], broken.receivable_ids
            lang = mandate.creditor_id.lang or "pl_PL"
            values = {
                **self._get_values(mandate, case, lines, today),
                "link": self._get_link_of_cases(mandate, broken.case_id),
                "broken": [given._prepare_text_values(lang) for given in broken],
            }
            self._post(mandate, "email_promise_broken", values)

    @api.model
    def _post_summary(self, mandate, report, attachment, access):
        """Send the summary of a period to one person; who may only look is not asked to decide.

        :param report: as ``kgw.portal._get_report`` gives it
        :param access: the person's ``kgw.portal.access``
        """
        names = ("period", "owed", "overdue", "paid", "promised", "decisions", "elapsed", "calls")
        figures = {name: str(report[name]) for name in names}
        talks = sum(row["number"] for row in report["contacts"] if row["channel"] == "phone")
        values = {
            "brand": self.env["kgw.text"]._get_brand(mandate._get_own_brand()),
            "creditor": {"name": mandate.creditor_id.name or ""},
            "link": self._get_link(mandate),
            "summary": {
                **figures,
                "talks": str(talks),
                "waits": "1" if report["decisions"] and access.may_decide else "",
            },
        }
        email = access.user_id.email
        self._post(mandate, "email_creditor_summary", values, attachment, email)

    # === DISPUTES AND INSOLVENCY === #

    @api.model
    def _ask_disputes(self, disputes, now):
        """Ask the creditor what it says to the disputes of one case."""
        case, first = disputes.case_id, disputes[:1]
        lang = case.mandate_id.creditor_id.lang or "pl_PL"
        lines, today = disputes.receivable_id, calendar.local_date(now)
        said = {"reason": first.reason_id.with_context(lang=lang).name, "note": first.note or ""}
        values = {
            **self._get_values(case.mandate_id, case, lines, today),
            "link": self._get_link(case.mandate_id, f"/{case.id}#kgw_dispute_{first.id}"),
            "answer_by": words.format_date(first.deadline, lang, long=True),
            "silence": first.with_context(lang=lang)._say_silence(today),
            "dispute": said,
        }
        self._post(case.mandate_id, "email_dispute", values, disputes.attachment_ids)

    @api.model
    def _tell_insolvency(self, case, note, now):
        """Tell the creditor that its counterparty is said to be insolvent."""
        lines = case._get_open_receivables()
        values = {
            **self._get_values(case.mandate_id, case, lines, calendar.local_date(now)),
            "link": self._get_link_of_cases(case.mandate_id, case),
            "dispute": {"reason": "", "note": note or ""},
        }
        self._post(case.mandate_id, "email_insolvency", values)

    @api.model
    def _get_values(self, mandate, case, receivables, on_date):
        lang = mandate.creditor_id.lang or "pl_PL"
        writer = self.env["kgw.text"]
        brand = mandate._get_own_brand()
        return {
            **writer._get_parties(case, brand, lang, on_date),
            "items": [
                {
                    **writer._get_item(line, lang, on_date),
                    "title": line.kgw_case_id.counterparty_id.name or "",
                }
                for line in receivables
            ],
            "others": [],
            "others_total": "",
            "total": writer._format_total(receivables, lang),
            "total_words": writer._get_total_words(receivables, lang),
            **writer._get_invoices(receivables, lang),
            "answer_by": "",
            "answer_days": "",
            "silence": "",
        }

    @api.model
    def _get_link(self, mandate, page=""):
        """Return the address of a page of the creditor's portal; whoever is not logged in comes to
        it by the login.

        :param page: what follows the address of the overview, from "/" on
        """
        return f"{mandate.get_base_url()}/my/monitoring{page}"

    def _get_link_of_cases(self, mandate, cases):
        """Return the address of the page of ``cases``: of several it is the overview."""
        return self._get_link(mandate, f"/{cases.id}" if len(cases) == 1 else "")

    @api.model
    def _post(self, mandate, template_code, values, attachments=None, email=None):
        """Queue one e-mail to the creditor with Odoo's own queue: it is no contact of monitoring.

        :param email: an address other than the creditor's own
        """
        is_trial = mandate.is_trial and not email
        email = email or self._get_recipient(mandate, template_code)
        template = self.env["kgw.template"].search([("code", "=", template_code)])
        if not email:
            self._tell_controller(mandate, template, self.env._("it has no e-mail address"))
            return
        try:
            text = template._get_text(mandate.creditor_id.lang or "pl_PL")
            subject, body = text._render(values)
        except TextError as error:  # one bad text stops nobody else's day
            speaker = template.with_env(self._speak_to_controller(mandate).env)
            self._tell_controller(mandate, template, speaker._say_error(error).rstrip("."))
            return
        except ValueError as error:  # nor does a missing one
            self._tell_controller(mandate, template, str(error))
            return
        brand = mandate._get_own_brand()
        # The queue is Odoo's; a manager of monitoring has no rights on it.
        self.env["mail.mail"].sudo().create(
            {
                "subject": f"TEST {subject}" if is_trial else subject,
                "body_html": body,
                "email_from": formataddr((brand.name, brand.email or "")),
                "email_to": email,
                "reply_to": brand.email,
                "auto_delete": False,
                "attachment_ids": [(6, 0, attachments.ids if attachments else [])],
            }
        )

    def _get_recipient(self, mandate, template_code):
        """Return where an e-mail to the creditor goes: in a trial run to the trial address."""
        if mandate.is_trial:
            return mandate.trial_email
        # Whoever asks the creditor something need not see who its people are.
        people_sudo = self.env["kgw.portal.access"].sudo()
        return people_sudo._get_recipients(mandate.creditor_id, template_code)

    @api.model
    def _get_recipient_of(self, event):
        """Return where the e-mail goes of which ``event``, a question or report of the scenario,
        tells."""
        question = (event.payload or {}).get("question")
        code = REPORT if event.kind == "report" else self._get_question_template(question)
        return self._get_recipient(event.mandate_id, code)

    def _speak_to_controller(self, mandate):
        return self.with_context(lang=mandate.controller_id.lang or "pl_PL")

    def _tell_controller(self, mandate, template, why):
        """Let a person tell the creditor what could not be written to it: one task for each text."""
        if self.env.context.get("kgw_simulation"):
            return
        speaker = self._speak_to_controller(mandate)
        summary = speaker.env._(
            "Tell the creditor yourself: %s", template.with_env(speaker.env).name
        )
        # Whoever causes the e-mail need not have rights on the mandate.
        mandate_sudo = mandate.sudo().with_context(mail_activity_quick_update=True)
        if summary not in mandate_sudo.activity_ids.mapped("summary"):
            mandate_sudo.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=speaker.env._("The e-mail to the creditor could not be sent: %s.", why),
                user_id=mandate.controller_id.id,
            )
