from odoo import fields, models

from ..tools import calendar, interest

# Statutory interest for late payment: codes of tools.interest.LAWS.
LAWS = [
    ("civil", "+5.5 (Civil Code)"),
    ("trade", "+10 (commercial transactions)"),
    ("medical", "+8 (commercial transactions, public medical entity)"),
]


class KgwKind(models.Model):
    """What a counterparty is in law: decides contact hours and which words may be used."""

    _name = "kgw.kind"
    _description = "Kind of Counterparty"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Used by the imports that derive the kind from a file.")
    sequence = fields.Integer(default=10)
    is_natural_person = fields.Boolean(
        help="The identity is checked before the matter is named on the phone.",
    )
    is_consumer = fields.Boolean(
        help="No recovery costs are claimed, and an SMS names no amount.",
    )
    hour_from = fields.Float(
        string="Contact From",
        required=True,
        default=8.0,
        help="Local hour from which SMS, e-mails and calls may go out.",
    )
    hour_to = fields.Float(
        string="Contact To",
        required=True,
        default=17.0,
        help="Local hour until which SMS, e-mails and calls may go out.",
    )
    on_saturday = fields.Boolean(
        string="Saturdays Too",
        help="Contact on Saturdays as well; never on Sundays and statutory holidays.",
    )
    attempts_per_day = fields.Integer(
        required=True,
        default=3,
        help="At most so many attempts a day to reach one person, over all creditors; an attempt"
        " that reaches nobody counts too.",
    )
    contacts_per_week = fields.Integer(
        required=True,
        default=7,
        help="At most so many contacts with one person in 7 days, over all creditors and channels;"
        " attempts that reached nobody do not count.",
    )
    interest_law = fields.Selection(
        LAWS,
        string="Interest",
        required=True,
        default="civil",
        help="Statutory interest for late payment: percentage points above the reference rate of"
        " the NBP. Commercial transactions take the rate of 1 January and 1 July for the half-year"
        " that begins, the Civil Code that of each day.",
    )
    notice_template_id = fields.Many2one(
        "kgw.template",
        string="Data Protection Notice",
        domain="[('rung', '=', False)]",
        help="Printed at the end of e-mails and letters (RODO art. 13 and 14), unless the mandate"
        " has its own notice.",
    )

    _unique_code = models.UniqueIndex("(code)", "There is already a kind with this code.")
    _hours = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The contact hours must begin before they end, between 0 and 24.",
    )
    _caps = models.Constraint(
        "CHECK (attempts_per_day >= 1 AND contacts_per_week >= 1)",
        "A kind needs at least one attempt a day and one contact a week.",
    )

    def _get_law(self):
        """Return the law of interest on what this kind owes."""
        self.ensure_one()
        return interest.LAWS[self.interest_law]

    def _get_next_moment(self, moment, tz, hours=None):
        """Return the first moment from ``moment`` (naive UTC) on at which somebody of this kind may
        be contacted.

        :param tz: time zone of the counterparty
        :param hours: ``(from, to)``, local; those of the kind by default
        """
        self.ensure_one()
        hours = hours or (self.hour_from, self.hour_to)
        return calendar.next_contact_moment(moment, hours, tz, hours if self.on_saturday else None)
