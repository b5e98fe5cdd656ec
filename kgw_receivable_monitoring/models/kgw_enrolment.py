from odoo import api, models
from odoo.tools import SQL

from ..const import LANGUAGES
from ..tools import identifiers
from ..tools.readers import Party

WRITTEN = [
    "kgw_case_id",
    "kgw_instalment",
    "kgw_course",
    "kgw_entered_on",
    "kgw_stage",
    "kgw_effective_due",
]


class KgwEnrolment(models.AbstractModel):
    """Begins monitoring: finds or opens the case of each invoice and sets its courses going."""

    _name = "kgw.enrolment"
    _description = "Enrolment of Invoices"

    @api.model
    def _enrol(self, mandate, moves, on_date, now, parties=None):
        """Start monitoring ``moves``: find or open the cases and set the courses going.

        :param parties: ``{move: tools.readers Party}`` where a file gave contact data
        """
        parties = parties or {}
        cases = self._find_cases(mandate, moves, parties)
        self._add_contact_points(cases, parties)
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

    @api.model
    def _enrol_own_sales(self, on_date, now):
        """Begin to watch invoices posted in the sales journals of own-sales mandates."""
        mandates = self.env["kgw.mandate"].search(
            [("is_own_sales", "=", True), ("state", "=", "active")]
        )
        for mandate in mandates:
            lines = self.env["account.move.line"].search(
                [
                    ("journal_id", "=", mandate.journal_id.id),
                    ("parent_state", "=", "posted"),
                    ("move_id.move_type", "=", "out_invoice"),
                    ("display_type", "=", "payment_term"),
                    ("kgw_case_id", "=", False),
                    ("amount_residual", ">", 0),
                ]
            )
            self._enrol(mandate, lines.move_id, on_date, now)

    @api.model
    def _store(self, rows, on_date):
        """Write what monitoring begins with in one statement: none of it is bookkeeping, and
        writing journal items one by one costs more than booking them.

        :param rows: ``[(id of the receivable, of its case, number of the instalment, due date)]``
        """
        lines = self.env["account.move.line"]
        if not rows:
            return
        lines.browse(row[0] for row in rows).flush_recordset()
        ids, cases, numbers, dues = (list(column) for column in zip(*rows, strict=True))
        self.env.cr.execute(
            SQL(
                """
            UPDATE account_move_line l
               SET kgw_case_id = v.case_id, kgw_instalment = v.number, kgw_course = 1,
                   kgw_entered_on = %(on_date)s, kgw_stage = 'before_due', kgw_effective_due = v.due
              FROM unnest(%(ids)s::int[], %(cases)s::int[], %(numbers)s::int[], %(dues)s::date[])
                   AS v(id, case_id, number, due)
             WHERE l.id = v.id
        """,
                on_date=on_date,
                ids=ids,
                cases=cases,
                numbers=numbers,
                dues=dues,
            )
        )
        lines.invalidate_model(WRITTEN)
        self.env["account.move"].invalidate_model(["kgw_case_id", "kgw_stage"])
        self.env["kgw.receivable"].invalidate_model()

    def _find_cases(self, mandate, moves, parties):
        """Return ``{move: case}``; cases are opened for who has none in ``mandate`` yet."""
        partners = {move: move.partner_id.commercial_partner_id for move in moves}
        wanted = self.env["res.partner"].union(*partners.values())
        found = self.env["kgw.case"].search(
            [("mandate_id", "=", mandate.id), ("counterparty_id", "in", wanted.ids)]
        )
        known = {case.counterparty_id: case for case in found}
        first = {}
        for move, partner in partners.items():
            if partner not in known:
                first.setdefault(partner, move)
        opened = self.env["kgw.case"].create(
            [
                self._prepare_case_vals(mandate, partner, parties.get(move))
                for partner, move in first.items()
            ]
        )
        known |= dict(zip(first, opened, strict=True))
        return {move: known[partner] for move, partner in partners.items()}

    def _prepare_case_vals(self, mandate, partner, party):
        return {
            "mandate_id": mandate.id,
            "counterparty_id": partner.id,
            "kind_id": self._guess_kind(partner, party).id,
            "controller_id": mandate.controller_id.id,
            "lang": partner.lang if partner.lang in dict(LANGUAGES) else "pl_PL",
        }

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

    def _add_contact_points(self, cases, parties):
        """Add contact data that the cases do not have yet; nothing is overwritten."""
        points = self.env["kgw.contact.point"]
        opened = self.env["kgw.case"].union(*cases.values())
        known = {(p.case_id.id, p.kind, p.value) for p in opened.contact_point_ids}
        fresh = []
        for move, case in cases.items():
            party = parties.get(move)
            for kind, value in self._get_contacts(party or case.counterparty_id).items():
                vals = points._normalise({"case_id": case.id, "kind": kind, "value": value})
                key = case.id, kind, vals["value"]
                if key not in known:
                    known.add(key)
                    fresh.append({**vals, "source": "import" if party else "partner"})
        points.create(fresh)

    def _get_contacts(self, source):
        """Return ``{kind: value}`` of the contact data that a party or a partner has."""
        values = {
            "email": source.email,
            "phone": source.phone,
            "address": self.env["kgw.text"]._get_partner_address(source),
        }
        return {kind: value for kind, value in values.items() if value}
