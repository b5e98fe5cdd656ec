from odoo import fields, models


class KgwTeam(models.Model):
    """People who share a queue of calls."""

    _name = "kgw.team"
    _description = "Team of Agents"
    _order = "name"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    lead_id = fields.Many2one(
        "res.users", help="Gets what nobody of the team can take; leads are managers of monitoring."
    )
    member_ids = fields.One2many("kgw.team.member", "team_id", string="Members", copy=True)
    mandate_ids = fields.One2many("kgw.mandate", "team_id", string="Mandates")

    _unique_name = models.UniqueIndex("(name)", "There is already a team of this name.")
