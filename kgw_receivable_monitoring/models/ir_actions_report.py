from odoo import models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _pre_render_qweb_pdf(self, report_ref, res_ids=None, data=None):
        """Odoo's layouts name the company as the seller: creditors' invoices are not printed."""
        if self._get_report(report_ref).model == "account.move":
            self.env["account.move"].browse(res_ids)._kgw_refuse_on_ledger()
        return super()._pre_render_qweb_pdf(report_ref, res_ids=res_ids, data=data)
