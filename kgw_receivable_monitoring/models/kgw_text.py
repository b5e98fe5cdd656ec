from decimal import Decimal

from odoo import SUPERUSER_ID, api, models

from ..const import DEMANDS
from ..tools import calendar, text, words

PARTY_FIELDS = ["name", "vat", "street", "zip", "city"]


class KgwText(models.AbstractModel):
    """The values that a text is filled with: strings, and lists of dictionaries of strings.

    Their names and meanings are written down beside ``tools.text_samples.SAMPLE_VALUES``.
    """

    _name = "kgw.text"
    _description = "Values for Monitoring Texts"

    @api.model
    def _get_coming_values(self, reminder, now):
        """Return the values with which the text of ``reminder`` would go out at ``now`` (naive UTC):
        what the claim would take out of it is left out."""
        return self._get_values(reminder, now, reminder.line_ids._get_kept(now))

    @api.model
    def _get_values(self, reminder, now, lines=None):
        """Return the values for the text of ``reminder`` as of ``now`` (naive UTC).

        :param lines: its lines to speak about; None means all that something is owed of, which is
            what a claim leaves
        """
        today = calendar.local_date(now)
        case, lang = reminder.case_id, reminder.case_id.lang
        owed = reminder._get_owed_lines() if lines is None else lines
        items, others = self._split_lines(reminder, owed)
        answer_by = self._get_answer_by(reminder, now)
        parties = self._get_parties(case, reminder.brand_id, lang, today)
        parties["creditor"]["account"] = case.mandate_id._get_account(items | others)
        if reminder.channel == "phone" and self.env.uid != SUPERUSER_ID:
            parties["case"]["controller"] = self.env.user.name  # who calls says their own name
        return {
            **parties,
            **self._get_promised(reminder.promise_id, lang),
            **self._get_waived(reminder, items | others, lang, today),
            **self._get_invoices(items, lang),
            "items": [self._get_item(line, lang, today) for line in items],
            "others": [self._get_item(line, lang, today) for line in others],
            "total": self._format_total(items, lang),
            "total_words": self._get_total_words(items, lang),
            "others_total": self._format_total(others, lang),
            "answer_by": words.format_date(answer_by, lang, long=True) if answer_by else "",
            "answer_days": str(reminder.step_id.answer_days or ""),
        }

    @api.model
    def _load(self, reminders):
        """Read at once, and no other column, what the texts of ``reminders`` say of people and of
        how many instalments an invoice has."""
        cases = reminders.case_id
        (cases.mandate_id.creditor_id | cases.counterparty_id).fetch(PARTY_FIELDS)
        reminders.line_ids.move_id.mapped("kgw_instalment_count")

    @api.model
    def _get_parties(self, case, brand, lang, today):
        """Return who writes, for whom, to whom, about which case, on which day."""
        mandate = case.mandate_id
        parties = {
            "brand": self._get_brand(brand),
            "creditor": {
                "name": mandate.creditor_id.name or "",
                "nip": mandate.creditor_id.vat or "",
                "address": self._get_partner_address(mandate.creditor_id),
                "account": words.format_account(mandate.account_number or ""),
                "bank": "",
            },
            "acting": self._get_acting(mandate, brand),
            "authority_date": words.format_date(mandate.authority_date, lang, long=True)
            if mandate._is_authority_in_force(today)
            else "",
            "counterparty": {
                "name": case.counterparty_id.name or "",
                "nip": case.counterparty_id.vat or "",
                "address_lines": [
                    {"line": line}
                    for line in self._get_partner_address(case.counterparty_id).split(", ")
                ],
            },
            "case": {"number": case.name, "controller": self._get_controller(case, brand)},
            "today": words.format_date(today, lang, long=True),
            "today_short": words.format_date(today, lang),
            "place": brand.city or "",
            "is_consumer": "1" if case.kind_id.is_consumer else "",
        }
        return {**parties, "legal_notice": self._get_notice(case, parties, lang)}

    @api.model
    def _get_notice(self, case, parties, lang):
        """Return the notice on data protection: the mandate's own, else that of the kind."""
        if case.mandate_id.privacy_notice:
            return case.mandate_id.privacy_notice
        notice = case.kind_id.notice_template_id
        source = notice._get_text(lang).body if notice else ""
        return " ".join(text.render_plain(source, parties).split()) if source else ""

    @api.model
    def _get_brand(self, brand):
        return {
            "name": brand.name,
            "short_name": brand.short_name,
            "phone": words.format_phone(brand.phone or ""),
            "email": brand.email or "",
            "website": brand.website or "",
            "address": brand._get_address(),
            "nip": brand.vat or "",
        }

    @api.model
    def _get_acting(self, mandate, brand):
        """Return for whom the brand speaks: itself (''), in its name, or as the creditor."""
        if mandate.is_own_sales:
            return ""
        return "white" if brand.creditor_id else "agency"

    @api.model
    def _get_controller(self, case, brand):
        """Return who signs; a white label names the creditor only."""
        controller = case.controller_id or case.mandate_id.controller_id
        return "" if brand.creditor_id else controller.name or ""

    @api.model
    def _get_partner_address(self, partner):
        town = " ".join(filter(None, (partner.zip, partner.city)))
        return ", ".join(filter(None, (partner.street, town)))

    @api.model
    def _split_lines(self, reminder, owed):
        """Return ``(items, others)``: what this contact is about, and what it only names.

        A demand demands only receivables that take the step. What is not due yet and only named
        may fall due in weeks: it is not said to be close. Softer texts after the due date list all.
        """
        owed = owed.sorted(lambda line: line.receivable_id.date_maturity)
        if reminder.rung in DEMANDS:
            told = owed._get_main()
        else:
            told = owed._get_own() if reminder.side == "before" else owed
        return told.receivable_id, (owed - told).receivable_id

    @api.model
    def _get_invoices(self, receivables, lang):
        """Return the invoices of ``receivables`` and their number: the instalments of one are
        several rows, and one invoice."""
        by_move = receivables.grouped("move_id")
        return {
            "invoices": [
                {
                    "number": move.kgw_display_number or "",
                    "name": self._name_receivable(lines, lang)
                    if len(lines) == 1
                    else move.kgw_display_number or "",
                }
                for move, lines in by_move.items()
            ],
            "count_invoices": self._count_invoices(len(by_move), lang),
            "count_of_invoices": self._count_invoices(len(by_move), lang, genitive=True),
        }

    @api.model
    def _get_item(self, receivable, lang, today):
        """Return one receivable as strings."""
        move, code = receivable.move_id, receivable.currency_id.name
        amount = Decimal(str(receivable.amount_currency))
        residual = Decimal(str(receivable.amount_residual_currency))
        # The printed date stays in texts, the moved one counts (art. 115 of the Civil Code).
        late = (today - (receivable.kgw_effective_due or receivable.date_maturity)).days
        return {
            "number": self._name_receivable(receivable, lang),
            "issue_date": move.invoice_date and words.format_date(move.invoice_date, lang) or "",
            "due_date": words.format_date(receivable.date_maturity, lang),
            "days_overdue": str(late) if late > 0 else "",
            "amount": words.format_money(amount, code, lang),
            "paid": words.format_money(amount - residual, code, lang) if residual < amount else "",
            "residual": words.format_money(residual, code, lang),
            "ksef_number": move.kgw_ksef_number or "",
            "title": move.kgw_ksef_number or move.kgw_display_number or "",
        }

    @api.model
    def _name_receivable(self, receivable, lang):
        """Return the number of its invoice, and which instalment it is where there are several."""
        number, part = receivable.move_id.kgw_display_number or "", receivable._kgw_get_part()
        if not part:
            return number
        return f"{number}, {'rata' if lang.startswith('pl') else 'instalment'} {part}"

    @api.model
    def _get_promised(self, promise, lang):
        """Return the parts of a promise and their sum, for its confirmation; empty without one."""
        code = promise.currency_id.name
        return {
            "promised": [
                {
                    "amount": words.format_money(Decimal(str(part.amount)), code, lang),
                    "day": words.format_date(part.due_on, lang, long=True),
                    "day_short": words.format_date(part.due_on, lang),
                }
                for part in promise.part_ids
            ],
            "promised_total": promise
            and words.format_money(Decimal(str(promise.amount)), code, lang)
            or "",
        }

    @api.model
    def _get_waived(self, reminder, receivables, lang, today):
        """Return whether interest is left out, since the creditor waived it for one of the
        receivables, and the day until which that stands where it is for all of them."""
        if reminder.side == "before":
            return {"waived": "", "waived_by": ""}
        waivers = reminder.case_id.decision_ids._get_standing("waive", today)
        waivers = waivers.filtered(lambda waiver: waiver._get_receivables() & receivables)
        days = [waiver.until_date for waiver in waivers if waiver.until_date]
        is_offer = days and len(days) == len(waivers)
        is_offer = is_offer and receivables <= waivers._get_receivables()
        return {
            "waived": "1" if waivers else "",
            "waived_by": words.format_date(min(days), lang, long=True) if is_offer else "",
        }

    @api.model
    def _get_totals(self, receivables):
        """Return what is owed per currency; currencies are never added up."""
        totals = {}
        for receivable in receivables:
            code = receivable.currency_id.name
            totals[code] = totals.get(code, Decimal()) + Decimal(
                str(receivable.amount_residual_currency)
            )
        return totals

    @api.model
    def _format_total(self, receivables, lang):
        totals = self._get_totals(receivables)
        return ", ".join(words.format_money(amount, code, lang) for code, amount in totals.items())

    @api.model
    def _get_total_words(self, receivables, lang):
        totals = self._get_totals(receivables)
        if len(totals) != 1:
            return ""
        [(code, amount)] = totals.items()
        return words.amount_in_words(amount, code, lang)

    @api.model
    def _count_invoices(self, count, lang, genitive=False):
        if not lang.startswith("pl"):
            return f"{count} invoice" if count == 1 else f"{count} invoices"
        forms = ("faktury", "faktur", "faktur") if genitive else ("faktura", "faktury", "faktur")
        return f"{count} {words.plural(count, *forms)}"

    @api.model
    def _get_answer_by(self, reminder, now):
        """Return the last day to answer a demand sent at ``now``, or None."""
        if reminder.rung not in DEMANDS:
            return None
        return reminder.step_id._get_answer_by(calendar.local_date(now))
