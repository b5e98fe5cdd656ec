from odoo import fields, models
from odoo.exceptions import UserError

# More rows than anybody needs for work: whole books of creditors leave with a manager only.
EXPORT_LIMIT = 500


class KgwAudited(models.AbstractModel):
    """Exports of cases and what belongs to them: each stands in the register, large ones are
    a manager's.
    """

    _name = "kgw.audited"
    _description = "Records Whose Export Is Recorded"

    def _check_export(self):
        """
        :raise UserError: an agent exports more than its work needs
        """
        if len(self) > EXPORT_LIMIT and not self.env["res.users"]._kgw_is_manager():
            raise UserError(
                self.env._(
                    "You may export %(limit)s rows at once, and this is %(count)s. Choose fewer, or"
                    " ask a manager for the export.",
                    limit=EXPORT_LIMIT,
                    count=len(self),
                )
            )

    def export_data(self, fields_to_export):
        """Keep in the register who exported what and how much."""
        self._check_export()
        self.env["kgw.event"]._record(
            [
                {
                    "kind": "export",
                    "at": fields.Datetime.now(),
                    "payload": {
                        "model": self._name,
                        "count": len(self),
                        "fields": list(fields_to_export),
                    },
                }
            ]
        )
        return super().export_data(fields_to_export)
