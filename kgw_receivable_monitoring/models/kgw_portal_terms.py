import base64

from odoo import api, models

from .kgw_acceptance import PAPERS, SCOPES
from .kgw_portal_base import KgwPortalBase


class KgwPortalTerms(models.AbstractModel):
    """Scenarios and papers of a mandate, read and accepted by the creditor."""

    _name = "kgw.portal.terms"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: Agreed Terms"

    @api.model
    def _get_mandate_terms(self, mandate_id):
        """Return the terms of one mandate of the creditor, or None."""
        mandate = self._search_own("kgw.mandate", [("id", "=", mandate_id), *self._get_asked()])
        if not mandate:
            return None
        last, is_current = mandate.env["kgw.acceptance"]._get_last(mandate)
        return {
            "id": mandate.id,
            "name": mandate.name,
            "version": mandate.env["kgw.acceptance"]._get_version(mandate),
            "scenarios": [self._prepare_scenario(line) for line in mandate.scenario_ids],
            "papers": self._prepare_papers(mandate),
            "scopes": self._say_scopes(mandate),
            "accepted": self._prepare_acceptance(last, is_current) if last else None,
            "is_current": is_current,
            "rights": self._get_rights(),
        }

    def _get_asked(self):
        """Return the domain of the mandates whose terms are accepted: there are papers."""
        return [("is_own_sales", "=", False), ("state", "!=", "ended")]

    def _prepare_acceptance(self, acceptance, is_current):
        said = {"who": acceptance.signed_by, "at": self._format_moment(acceptance.signed_at)}
        if is_current:
            sentence = self.env._("Accepted by %(who)s on %(at)s.", **said)
        else:
            sentence = self.env._(
                "Scenario or papers have changed since %(who)s accepted them on %(at)s. Please read"
                " and accept them once more.",
                **said,
            )
        return {"sentence": sentence, "signature": (acceptance.signature or b"").decode()}

    def _prepare_papers(self, mandate):
        labels = {
            "agreement": self.env._("Processing agreement (RODO, art. 28)"),
            "authority": self.env._("Power of attorney"),
        }
        days = {"agreement": mandate.agreement_date, "authority": mandate.authority_date}
        return [
            {
                "code": code,
                "label": labels[code],
                "days": self._say_days(days[code], code == "authority" and mandate.authority_until),
                "has_file": bool(mandate.with_context(bin_size=True)[field]),
            }
            for code, field in PAPERS.items()
        ]

    def _say_scopes(self, mandate):
        """Return in words what the power of attorney covers."""
        labels = {
            "may_remind": self.env._("reminders"),
            "may_demand": self.env._("demands for payment"),
            "may_note": self.env._("interest notes"),
            "may_warn": self.env._("warnings of an entry in a debt register"),
            "may_accept": self.env._("accepting declarations and settlements"),
        }
        return ", ".join(labels[name] for name in SCOPES if mandate[name])

    def _say_days(self, first, last):
        days = {"first": self._format_date(first), "last": self._format_date(last)}
        if first and last:
            return self.env._("of %(first)s, until %(last)s", **days)
        return self.env._("of %(first)s", **days) if first else ""

    # === SCENARIO IN WORDS === #

    def _prepare_scenario(self, line):
        scenario = line.scenario_id
        return {
            "kind": line.kind_id.name or "",
            "name": scenario.name,
            "rules": self.env._(
                "A day off moves a step to a working day. There is at most one contact a day."
                " Monitoring ends %s after the due date.",
                self._count(scenario.horizon_days, "day"),
            ),
            "steps": [self._prepare_step(step) for step in scenario.step_ids],
        }

    def _prepare_step(self, step):
        timeline = step.env["kgw.scenario.timeline"].with_context(lang=self._get_lang())
        notes = timeline._get_conditions(step)
        if step.only_unreached:
            notes.insert(0, self.env._("if not reached before"))
        if step.needs_approval:
            notes.insert(0, self.env._("only with your consent"))
        if step.answer_days:
            notes.append(self.env._("gives %s for an answer", self._count(step.answer_days, "day")))
        return {
            "day": self._say_day(step.offset_days),
            "name": step.name,
            "way": self._say_way(step),
            "notes": ", ".join(notes),
        }

    def _say_day(self, offset):
        if not offset:
            return self.env._("on the due date")
        days = self._count(abs(offset), "day")
        if offset < 0:
            return self.env._("%s before the due date", days)
        return self.env._("%s after the due date", days)

    def _say_way(self, step):
        """Return the channel of a step, and what replaces it where it does not reach."""
        if step.kind != "contact":
            kinds = {"question": self.env._("a question to you"), "report": self.env._("to you")}
            return kinds[step.kind]
        channel = self._get_label(step, "channel")
        if not step.fallback_channel:
            return channel
        return self.env._(
            "%(channel)s, else %(other)s",
            channel=channel,
            other=self._get_label(step, "fallback_channel"),
        )

    # === ACCEPTING === #

    @api.model
    def _get_unaccepted(self, mandates):
        """Return ``{id, name, is_new}`` of those of the creditor's ``mandates`` whose terms wait to
        be accepted."""
        found = []
        for mandate in mandates.filtered_domain(self._get_asked()).filtered("scenario_ids"):
            last, is_current = mandate.env["kgw.acceptance"]._get_last(mandate)
            if not is_current:
                found.append({"id": mandate.id, "name": mandate.name, "is_new": not last})
        return found

    @api.model
    def _accept_terms(self, mandate_id, version, name, signature, now, address=""):
        """Accept the terms of a mandate of the creditor, as the user read them.

        :raise AccessError: it is not the creditor's, or the right to hand over is missing
        :raise UserError: no name or signature, or the terms have changed meanwhile
        """
        self._check_right("may_hand_over")
        mandate = self._get_one("kgw.mandate", mandate_id, domain=self._get_asked())
        acceptances = mandate.env["kgw.acceptance"]
        acceptance = acceptances._accept(mandate, version, name, signature, now, address)
        mandate.message_post(
            body=self.env._("Scenario and papers were accepted by %s.", acceptance.signed_by),
            author_id=self.env.user.partner_id.id,
            subtype_xmlid="mail.mt_note",
        )

    @api.model
    def _get_paper(self, mandate_id, code):
        """Return ``(file name, content)`` of a paper of a mandate of the creditor, or None."""
        mandate = self._search_own("kgw.mandate", [("id", "=", mandate_id), *self._get_asked()])
        content = mandate.with_context(bin_size=False)[PAPERS[code]] if mandate else None
        if not content:
            return None
        return mandate[f"{code}_filename"] or f"{code}.pdf", base64.b64decode(content)
