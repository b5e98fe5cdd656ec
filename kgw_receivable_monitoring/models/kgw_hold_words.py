from odoo import api, fields, models


class KgwHoldWords(models.Model):
    """What a hold is about, in the language of whoever reads it: facts are kept, never sentences."""

    _inherit = "kgw.hold"

    told = fields.Char(
        string="What It Is About",
        compute="_compute_told",
        help="What was decided, promised or disputed, and the note with it.",
    )

    @api.depends("note", "reason", "account")
    @api.depends_context("lang")
    def _compute_told(self):
        for hold in self:
            hold.told = self._say_told(hold._get_facts())

    def _get_facts(self):
        """Return what the hold is about as JSON values, of which :meth:`_say_told` makes words."""
        # Who reads a hold need have no right on what it came from.
        hold_sudo = self.sudo()
        decision, promise = hold_sudo.decision_id, hold_sudo.promise_id
        facts = {
            "decision": decision.value or decision.kind,
            "promise": promise and promise._get_promised(),
            "dispute_reason": hold_sudo.dispute_id.reason_id.id,
            "account": self.account or "" if self.reason == "account" else None,
            "note": self.note,
        }
        return {name: fact for name, fact in facts.items() if fact or fact == ""}

    @api.model
    def _say_told(self, facts):
        """Return in words what a hold is about, '' for nothing.

        :param facts: of :meth:`_get_facts`
        """
        env, account = self.env, facts.get("account")
        said = (
            env["kgw.portal"]._get_decision_noun(facts.get("decision")),
            env["kgw.promise"]._say(**facts["promise"]) if "promise" in facts else "",
            # As in the register's own words.
            env["kgw.dispute.reason"].sudo().browse(facts.get("dispute_reason")).name,
            "" if account is None else env["kgw.account.doubt"]._say(account),
            facts.get("note"),
        )
        return ": ".join(filter(None, said))
