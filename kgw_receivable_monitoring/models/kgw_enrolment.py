from odoo import api, models

from ..const import LANGUAGES
from ..tools import calendar, identifiers
from ..tools.readers import Party


class KgwEnrolment(models.AbstractModel):
    """Begins monitoring: finds or opens the case of each invoice and sets its courses going."""

    _name = "kgw.enrolment"
    _description = "Enrolment of Invoices"

    @api.model
    def _enrol(self, mandate, moves, on_date, now, parties=None):
        """Start monitoring ``moves``: find or open the cases and set the courses going.

        :param parties: ``{move: tools.readers Party}`` where a file gave contact data
        """
        cases = {}
        for move in moves:
            partner = move.partner_id.commercial_partner_id
            case = self._find_case(mandate, partner, (parties or {}).get(move))
            cases[move] = case
        lines = moves.line_ids.filtered(
            lambda r: r.display_type == "payment_term" and r.balance > 0
        )
        lines._kgw_enrol(cases, on_date, now)
        self.env["kgw.event"]._record(
            [
                line._kgw_prepare_event_vals(
                    "enrolled",
                    now,
                    payload={
                        "invoice": line.move_id.kgw_display_number,
                        "due_date": str(line.date_maturity),
                        "amount": line.amount_currency,
                        "currency": line.currency_id.name,
                    },
                )
                for line in lines
            ]
        )
        notes = self.env["kgw.credit.note"].with_context(kgw_now=now)
        notes._follow_open(mandate, moves.partner_id)

    def _find_case(self, mandate, partner, party):
        """Return the case of a counterparty in ``mandate``, opened when it is the first invoice."""
        case = self.env["kgw.case"].search(
            [
                ("mandate_id", "=", mandate.id),
                ("counterparty_id", "=", partner.id),
            ]
        ) or self.env["kgw.case"].create(
            {
                "mandate_id": mandate.id,
                "counterparty_id": partner.id,
                "kind_id": self._guess_kind(partner, party).id,
                "controller_id": mandate.controller_id.id,
                "lang": partner.lang if partner.lang in dict(LANGUAGES) else "pl_PL",
            }
        )
        self._add_contact_points(case, partner, party)
        return case

    def _guess_kind(self, partner, party):
        """Return the kind told by name and tax number, of the file or else of the partner.

        Whom the books call a company is no consumer, even without a tax number.
        """
        code = identifiers.guess_kind(party or self._get_party(partner))
        if code == "consumer" and not party and partner.is_company:
            code = "company"
        kinds = self.env["kgw.kind"]
        return kinds.search([("code", "=", code)], limit=1) or kinds.search([], limit=1)

    def _get_party(self, partner):
        number = identifiers.nip(partner.vat)
        return Party(
            partner.name or "",
            nip=number.value,
            foreign_tax_id="" if number.value else partner.vat or "",
        )

    def _add_contact_points(self, case, partner, party):
        """Add contact data that the case does not have yet; nothing is overwritten."""
        source = party or partner
        wanted = {
            "email": source.email,
            "phone": source.phone,
            "address": self.env["kgw.text"]._get_partner_address(source),
        }
        known = {(point.kind, point.value) for point in case.contact_point_ids}
        points = self.env["kgw.contact.point"]
        for kind, value in wanted.items():
            if value:
                vals = points._normalise({"case_id": case.id, "kind": kind, "value": value})
                if (kind, vals["value"]) not in known:
                    points.create({**vals, "source": "import" if party else "partner"})

    @api.model
    def _begin_anew(self, mandates, now):
        """Free the steps that only went to a trial address: they are taken for real now."""
        # Who may write the mandate may end its trial; nobody writes reminders directly.
        trials = (
            self.env["kgw.reminder"]
            .sudo()
            .search([("mandate_id", "in", mandates.ids), ("is_trial", "=", True)])
        )
        trials._set_state("cancelled", now, reason="withdrawn")
        trials.line_ids.write({"void": True})
        trials.write({"contact_on": False, "effective_at": False})
        trials.line_ids.receivable_id._kgw_refresh_course(calendar.local_date(now), now)
