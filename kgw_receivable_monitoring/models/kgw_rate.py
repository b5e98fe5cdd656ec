from decimal import Decimal

from odoo import api, fields, models

from ..tools import interest, words


class KgwRate(models.Model):
    """The reference rate of the National Bank of Poland from a day on: what statutory interest for
    late payment is counted from. Past what was looked up, an amount is marked as not confirmed."""

    _name = "kgw.rate"
    _description = "Reference Rate of the NBP"
    _order = "date_from desc"
    _rec_name = "date_from"

    date_from = fields.Date(string="In Force From", required=True)
    rate = fields.Float(
        string="Reference Rate (%)",
        digits=(5, 2),
        required=True,
        help="Stopa referencyjna NBP, as the Monetary Policy Council set it.",
    )
    confirmed_until = fields.Date(
        string="Known Through",
        help="Through this day it was looked up that no other rate came. Only that of the latest"
        " rate counts; when the Council leaves the rate as it is, move this day on.",
    )

    _unique_date = models.UniqueIndex("(date_from)", "There is already a rate from this day on.")
    _confirmed_later = models.Constraint(
        "CHECK (confirmed_until >= date_from)",
        "A rate can't be known through a day before it is in force.",
    )

    @api.model
    def _get_known_until(self):
        """Return the day through which the reference rate is known, or None."""
        latest = self.search([], limit=1)
        return latest.confirmed_until or latest.date_from or None

    @api.model
    def _accrue(self, receivables, on_date):
        """Return the statutory interest on what is owed of ``receivables`` now, through ``on_date``.

        What was paid late is not in it: it is owed no more.

        :param receivables: payment-term lines with a case
        :return: ``{receivable: Decimal in its currency, or None where it is not known}``
        """
        rates = [(rate.date_from, Decimal(str(rate.rate))) for rate in self.search([])][::-1]
        return {
            line: interest.accrue(
                max(Decimal(str(line.amount_residual_currency)), Decimal()),
                line._kgw_get_interest_due(),
                on_date,
                line.kgw_case_id.kind_id._get_law(),
                rates,
            )
            for line in receivables
        }

    @api.model
    def _format_each(self, receivables, on_date, lang):
        """Return ``{receivable: its interest through on_date in words}``, empty where there is none."""
        labels, until = {}, self._get_known_until()
        for line, amount in self._accrue(receivables, on_date).items():
            labels[line] = ""
            if amount is None:
                labels[line] = self.env._("not known")
            elif amount:
                labels[line] = self._mark(
                    words.format_money(amount, line.currency_id.name, lang),
                    line.kgw_case_id.kind_id,
                    on_date,
                    until,
                )
        return labels

    @api.model
    def _format_sum(self, receivables, on_date, lang):
        """Return the interest on all of ``receivables`` through ``on_date`` in words, per currency;
        empty where there is none, or it is not known of all."""
        totals = {}
        for line, amount in self._accrue(receivables, on_date).items():
            if amount is None:
                return ""
            code = line.currency_id.name
            totals[code] = totals.get(code, Decimal()) + amount
        said = ", ".join(
            words.format_money(amount, code, lang) for code, amount in totals.items() if amount
        )
        kinds = receivables.kgw_case_id.kind_id
        return said and self._mark(said, kinds, on_date, self._get_known_until())

    def _mark(self, said, kinds, on_date, until):
        """Say of an amount that the rate of one of ``kinds`` was not looked up for ``on_date``.

        :param until: of :meth:`_get_known_until`
        """
        days = [interest.get_deciding_day(on_date, kind._get_law()) for kind in kinds]
        if until and all(day <= until for day in days):
            return said
        return self.env._("%s (rate not confirmed)", said)
