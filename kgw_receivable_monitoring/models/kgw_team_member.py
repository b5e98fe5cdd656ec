from odoo import api, fields, models
from odoo.exceptions import ValidationError


class KgwTeamMember(models.Model):
    """An agent in a team: how much it takes in a day, when it is away and who then calls."""

    _name = "kgw.team.member"
    _description = "Member of a Team"
    _order = "team_id, id"
    _rec_name = "user_id"

    team_id = fields.Many2one("kgw.team", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, index=True, ondelete="cascade")
    daily_limit = fields.Integer(
        string="Calls a Day", help="Made and waiting on a day; 0: as many as there are."
    )
    absent_from = fields.Date()
    absent_until = fields.Date(help="Last day of the absence.")
    substitute_id = fields.Many2one(
        "res.users", help="Calls while the member is away; empty: the team shares its calls."
    )

    _once = models.UniqueIndex("(team_id, user_id)", "This agent is in the team already.")

    @api.constrains("absent_from", "absent_until", "substitute_id", "user_id")
    def _check_absence(self):
        for member in self:
            if member.absent_until and not member.absent_from:
                raise ValidationError(self.env._("Say also from when the agent is away."))
            if (
                member.absent_from
                and member.absent_until
                and member.absent_until < member.absent_from
            ):
                raise ValidationError(self.env._("An absence ends after it has begun."))
            if member.substitute_id == member.user_id:
                raise ValidationError(self.env._("Nobody stands in for itself."))

    def _is_away(self, on_date):
        """Whether the member is absent, or has left, on ``on_date``."""
        self.ensure_one()
        if not self.user_id.active:
            return True
        begun = self.absent_from and self.absent_from <= on_date
        return bool(begun and (not self.absent_until or on_date <= self.absent_until))
