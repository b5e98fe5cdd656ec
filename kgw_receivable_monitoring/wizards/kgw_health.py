import logging

from odoo import api, fields, models

from ..const_health import HEALTH_CHECKS, HEALTH_LEVELS
from ..tools.health import Check

_logger = logging.getLogger(__name__)


class KgwHealth(models.TransientModel):
    """The state of the engine on one page: each check with its figures and the way to its cure.

    A check is one value of the Selection ``code`` and one method ``_check_<code>(now)`` that
    returns a :class:`Check`; the watchdog asks the same methods.
    """

    _name = "kgw.health"
    _description = "State of the System"
    _inherit = ["kgw.check.engine", "kgw.check.gateway", "kgw.check.mandate"]
    _order = "sequence, id"
    _rec_name = "code"

    code = fields.Selection(HEALTH_CHECKS, string="Check", readonly=True, required=True)
    level = fields.Selection(HEALTH_LEVELS, readonly=True, required=True)
    sequence = fields.Integer(readonly=True)
    sentence = fields.Text(readonly=True)
    cure = fields.Text(readonly=True)
    button = fields.Char(readonly=True)
    checked_at = fields.Datetime(readonly=True)

    # === CHECKS === #

    @api.model
    def _get_checks(self, now):
        """Return every :class:`Check` at ``now`` (naive UTC), in the language of the context."""
        return [self._get_check(code, now) for code, _label in HEALTH_CHECKS]

    @api.model
    def _get_check(self, code, now):
        """Return one :class:`Check`; one that fails is an alarm itself and never stops the others."""
        try:
            with self.env.cr.savepoint():
                return getattr(self, f"_check_{code}")(now)
        except Exception as error:
            # Neither message nor values: they may hold personal data.
            _logger.error("The health check %s failed: %s", code, type(error).__name__)
            return Check(
                code,
                "alarm",
                self.env._("The check itself failed (%s).", type(error).__name__),
                self.env._("Odoo's log names the check; call the administrator."),
            )

    # === PAGE === #

    @api.model
    def action_open(self):
        """Look at everything now and show it, the worst first.

        :raise AccessError: the user is no manager of monitoring
        """
        self.check_access("read")
        now = fields.Datetime.now()
        rows = [self._prepare_row_vals(check, now) for check in self._get_checks(now)]
        # Nobody writes these rows: they are what the checks said.
        found = self.sudo().create(rows)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "kgw_receivable_monitoring.action_kgw_health_page"
            ),
            "domain": [("id", "in", found.ids)],
        }

    def action_cure(self):
        """Open the place of the cure, or do it; the check is asked again, nothing stored is run."""
        self.ensure_one()
        self.check_access("read")
        check = self._get_check(self.code, fields.Datetime.now())
        if check.does:
            return getattr(self, check.does)()
        return self._open(*check.opens) if check.opens else self.action_open()

    def _can_cure(self, check):
        """Whether the user has the rights for the place of the cure."""
        if not check.opens:
            return bool(check.does)
        action = self.env["ir.actions.act_window"]._for_xml_id(check.opens[0])
        return self.env[action["res_model"]].has_access("read")

    def _prepare_row_vals(self, check, now):
        """Return the values of one row; a place that the user may not enter has no button."""
        can_cure = self._can_cure(check)
        right = self.env._("This needs Odoo’s own right Settings.")
        return {
            "code": check.code,
            "level": check.level,
            "sequence": [level for level, _label in HEALTH_LEVELS].index(check.level),
            "sentence": check.sentence,
            "cure": check.cure if can_cure or not check.opens else f"{check.cure} {right}",
            "button": check.button if can_cure else False,
            "checked_at": now,
        }

    @api.model
    def _open(self, xmlid, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        if domain:
            return {**action, "domain": domain, "context": {"active_test": False}}
        return action
