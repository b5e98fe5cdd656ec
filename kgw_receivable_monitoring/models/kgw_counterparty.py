from odoo import api, models

from ..tools import identifiers

READ = ["name", "vat", "ref", "street", "zip", "country_id"]


class KgwCounterparty(models.AbstractModel):
    """Finds the buyers of handed-over documents among the counterparties of one mandate.

    By NIP, then by the number with the creditor, then by name and address; never in another
    mandate: creditors share no counterparty. A wrong or made-up NIP is nobody's: two buyers that
    share one are told apart by the rest.
    """

    _name = "kgw.counterparty"
    _description = "Matching of Counterparties"

    @api.model
    def _match(self, mandate, parties):
        """Return the partner of each of ``parties``, created where there is none.

        :param parties: list of ``tools.readers`` parties
        """
        index = _Index(self._get_partners(mandate))
        found, missing = [], {}
        for party in parties:
            key = index.find(party)
            if key is None:
                key = index.add_party(party)
                missing[key] = self._prepare_partner_vals(mandate, party)
            found.append(key)
        created = dict(zip(missing, self._create(list(missing.values())), strict=True))
        partners = self.env["res.partner"].sudo()  # as they were created
        return [created[key] if key in created else partners.browse(key) for key in found]

    @api.model
    def _get_names(self, mandate, parties):
        """Return the name under which each of ``parties`` is known, '' for whom nobody knows."""
        partners = self._get_partners(mandate)
        index, names = _Index(partners), {partner.id: partner.name for partner in partners}
        return [names.get(index.find(party), "") for party in parties]

    def _create(self, vals_list):
        # The counterparty is created for this mandate alone: creditors share none. A wrong NIP is
        # kept, and the preview warned of it.
        partners_sudo = self.env["res.partner"].sudo().with_context(no_vat_validation=True)
        return partners_sudo.create(vals_list)

    def _get_partners(self, mandate):
        fence = [("kgw_mandate_id", "=", mandate.id)]
        if mandate.is_own_sales:
            fence = [("kgw_mandate_id", "=", False), ("parent_id", "=", False)]
        # Importers need no right on contacts: the mandate is the fence.
        return self.env["res.partner"].sudo().search_fetch(fence, READ, order="id")

    def _prepare_partner_vals(self, mandate, party):
        country = self.env["res.country"].search([("code", "=", party.country or "PL")], limit=1)
        number = party.nip or party.foreign_tax_id
        return {
            "name": party.name or number,
            "vat": number or False,
            "ref": party.number or False,
            "street": party.street,
            "zip": party.zip,
            "city": party.city,
            "country_id": country.id,
            "is_company": not identifiers.is_made_up(number),
            "kgw_mandate_id": False if mandate.is_own_sales else mandate.id,
            "company_id": False,
            "lang": "pl_PL",
        }


class _Index:
    """Known counterparties by each way to find them; the first one known stays."""

    def __init__(self, partners):
        self.by_nip, self.by_number, self.by_name = {}, {}, {}
        self.nips = {}
        self.created = 0
        for partner in partners:
            self.add(partner)

    def add(self, partner):
        nip = identifiers.tax_identity(partner.vat, partner.country_id.code or "PL")
        self._add(partner.id, nip, partner.ref, partner.name, partner.zip, partner.street)

    def add_party(self, party):
        """Add a buyer who becomes a partner later; return its key, which is no id."""
        self.created -= 1
        self._add(
            self.created, self._get_nip(party), party.number, party.name, party.zip, party.street
        )
        return self.created

    def find(self, party):
        """Return the key of the partner of a buyer, or None."""
        nip = self._get_nip(party)
        if nip and nip in self.by_nip:
            return self.by_nip[nip]
        same = (self.by_number.get(party.number), *self._find_by_name(party))
        # One with another NIP is somebody else, whatever number or name the file gives.
        return next(
            (k for k in same if k is not None and not (nip and self.nips[k] not in ("", nip))),
            None,
        )

    def _find_by_name(self, party):
        """Return the keys of those of the same name and postcode, whose streets do not differ."""
        street = identifiers.fold(party.street or "")
        known = self.by_name.get(self._spell(party.name, party.zip), {})
        return [key for other, key in known.items() if not other or not street or other == street]

    def _get_nip(self, party):
        if party.nip:
            return identifiers.tax_identity(party.nip)
        return identifiers.tax_identity(party.foreign_tax_id, party.country or "PL")

    def _spell(self, name, postcode):
        return identifiers.fold(name or ""), postcode or ""

    def _add(self, key, nip, number, name, postcode, street):
        self.nips[key] = nip
        if nip:
            self.by_nip.setdefault(nip, key)
        if number:
            self.by_number.setdefault(number, key)
        same = self.by_name.setdefault(self._spell(name, postcode), {})
        same.setdefault(identifiers.fold(street or ""), key)
