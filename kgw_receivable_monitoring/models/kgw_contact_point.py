from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import identifiers

KINDS = [("email", "E-mail"), ("phone", "Phone"), ("address", "Postal address")]
STATES = [
    ("unverified", "Unverified"),
    ("verified", "Verified"),
    ("wrong", "Wrong"),
    ("objected", "Objected"),
]
USABLE = ("unverified", "verified")


class KgwContactPoint(models.Model):
    """An e-mail, phone or address of one case; never shared between creditors."""

    _name = "kgw.contact.point"
    _inherit = ["kgw.audited"]
    _description = "Contact Point"
    _order = "case_id, kind, sequence, id"
    _rec_name = "value"

    case_id = fields.Many2one("kgw.case", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True)
    sequence = fields.Integer(default=10)
    value = fields.Char(
        required=True, help="An address is written on one line, parts between commas."
    )
    state = fields.Selection(STATES, required=True, default="unverified")
    source = fields.Char(help="Where it comes from: a file, the creditor, the counterparty.")

    _once = models.UniqueIndex("(case_id, kind, value)", "This contact point is already there.")

    _by_phone = models.Index("(value) WHERE kind = 'phone'")

    @api.model_create_multi
    def create(self, vals_list):
        points = super().create([self._normalise(vals) for vals in vals_list])
        points.case_id._touch()
        return points

    def write(self, vals):
        if "case_id" in vals and any(point.case_id.id != vals["case_id"] for point in self):
            raise UserError(
                self.env._(
                    "Contact data stay with their case: creditors share none. Enter them anew."
                )
            )
        self.case_id._touch()  # what is just being sent asks the gate again
        if "value" not in vals:
            return super().write(vals)
        for point in self:
            super(KgwContactPoint, point).write(self._normalise({"kind": point.kind, **vals}))
        return True

    @api.model
    def _normalise(self, vals):
        """Return ``vals`` with a normalised value; what is wrong is kept and marked wrong."""
        value = (vals.get("value") or "").strip()
        check = {"email": identifiers.email, "phone": identifiers.phone}.get(vals.get("kind"))
        if not check:
            return {**vals, "value": value}
        normal = check(value).value
        if normal:
            return {**vals, "value": normal}
        return {**vals, "value": value, "state": "wrong"}

    def _get_usable(self, kind):
        """Return the best usable point of ``kind``: a verified one first."""
        points = [point for point in self if point.kind == kind and point.state in USABLE]
        return min(
            points, key=lambda p: (p.state != "verified", p.sequence, p.id), default=self.browse()
        )
