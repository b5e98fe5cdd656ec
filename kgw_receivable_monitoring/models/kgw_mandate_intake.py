from datetime import timedelta

from odoo import fields, models


class KgwMandateIntake(models.Model):
    """What a mandate says about the files that its creditor hands over."""

    _inherit = "kgw.mandate"

    stamp_code = fields.Char(
        help="Text by which an invoice shows that it bears the preventive stamp: in the footer, in"
        " the notes or in a column of the file.",
    )
    names_hours = fields.Integer(
        string="Names Wait",
        default=24,
        help="Hours that the counterparties of a new mandate wait before the first contact, so that"
        " the creditor can strike names off the list. 0: they do not wait.",
    )
    import_column_ids = fields.One2many(
        "kgw.import.column", "mandate_id", string="Columns of Files", copy=True
    )

    def _has_names_to_show(self):
        """Whether new counterparties wait for the creditor: while nobody was contacted yet."""
        self.ensure_one()
        if self.is_own_sales or self.names_hours <= 0:
            return False
        contacted = [("mandate_id", "=", self.id), ("contact_on", "!=", False)]
        return not self.env["kgw.reminder"].sudo().search_count(contacted, limit=1)  # a yes or no

    def _get_names_until(self, now):
        return now + timedelta(hours=self.names_hours)

    def _get_columns(self):
        """Return ``{heading: field}`` of the columns that somebody has mapped by hand."""
        self.ensure_one()
        return {column.heading: column.field for column in self.import_column_ids if column.field}

    def _offer_columns(self, columns):
        """Keep headings of a file, so that somebody may say what they mean.

        :param columns: ``[(heading, sample value)]``
        """
        self.ensure_one()
        known = {column.heading: column for column in self.import_column_ids}
        for heading, sample in dict(columns).items():
            if heading in known:
                known[heading].sample = sample
            else:
                self.env["kgw.import.column"].create(
                    {"mandate_id": self.id, "heading": heading, "sample": sample}
                )
