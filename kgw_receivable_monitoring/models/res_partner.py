from odoo import fields, models

# A name is found by any part of it, with or without Polish letters, as a caller spells it.
NAME = "translate(lower(name), 'ąćęłńóśźż', 'acelnoszz')"


class ResPartner(models.Model):
    _inherit = "res.partner"

    kgw_mandate_id = fields.Many2one(
        "kgw.mandate",
        string="Counterparty of",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="A counterparty from a creditor's files belongs to that mandate alone.",
    )

    _kgw_search_name = models.Index(
        lambda registry: (
            f"USING gin ({NAME} gin_trgm_ops)"
            if registry.has_trigram
            else f"({NAME} text_pattern_ops)"
        )
    )

    def _kgw_get_logins(self):
        """Return the portal users of this creditor's people."""
        self.ensure_one()
        # Managers of monitoring have no rights on users; that somebody has a login is no secret.
        users_sudo = self.env["res.users"].sudo()
        return users_sudo.search(
            [("share", "=", True), ("partner_id", "child_of", self.commercial_partner_id.id)]
        )

    def _increase_rank(self, field, n=1):
        """Whoever owes a creditor is no customer of the agency, and is not listed among them."""
        own = self.filtered(lambda partner: not partner.sudo().kgw_mandate_id)
        return super(ResPartner, own)._increase_rank(field, n)
