from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request

from ..tools.decision import SPECS
from .portal import KgwPortalController

MIMETYPES = {"html": "text/html; charset=utf-8", "text": "text/plain; charset=utf-8"}


class KgwPortalDecisionController(KgwPortalController):
    """What the creditor decides: the page first says what will change."""

    @http.route(
        "/my/monitoring/decision/<int:decision_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def kgw_decide(self, decision_id, value="", back="", confirmed=""):
        """Say what an answer would change; when that was confirmed, take it."""
        portal = request.env["kgw.portal"]

        def foresee(now):
            return portal._foresee_answer(decision_id, value, now)

        def answer(now):
            return portal._decide(decision_id, value, now, portal._get_address())

        return self._kgw_answer(foresee, answer, confirmed, {"value": value, "back": back})

    def _kgw_answer(self, foresee, answer, confirmed, values):
        """Show what ``foresee`` of a moment returns, or do what ``answer`` of a moment does.

        :param values: what the page to confirm shows and sends on
        """
        now = fields.Datetime.now()
        try:
            if not confirmed:
                effect = foresee(now)
                return self._kgw_render(
                    "portal_confirm_answer",
                    effect=effect,
                    action=request.httprequest.path,
                    back_path=self._kgw_get_back(values["back"], *effect["case_ids"]),
                    **values,
                )
            with request.env.cr.savepoint():  # what is refused leaves nothing behind
                case_id = answer(now)
        except UserError as error:  # not its own, or taken already in another tab
            return self._kgw_go("/my/monitoring", str(error), is_problem=True)
        path = self._kgw_get_back(values["back"], case_id)
        return self._kgw_go(path, request.env._("Your decision is recorded."))

    def _kgw_get_back(self, back, case_id):
        return "/my/monitoring" if back == "overview" else f"/my/monitoring/{case_id}"

    @http.route(
        "/my/monitoring/decision/<int:decision_id>/revoke",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def kgw_revoke(self, decision_id):
        try:
            case_id = request.env["kgw.portal"]._revoke(
                decision_id, fields.Datetime.now(), request.env["kgw.portal"]._get_address()
            )
        except UserError as error:
            return self._kgw_go("/my/monitoring", str(error), is_problem=True)
        return self._kgw_go(
            f"/my/monitoring/{case_id}", request.env._("The decision is taken back.")
        )

    @http.route(
        "/my/monitoring/dispute/<int:dispute_id>",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def kgw_answer_dispute(self, dispute_id, value="", back="", confirmed="", **values):
        """Say what an answer would change; when that was confirmed, take it."""
        portal = request.env["kgw.portal"]

        def foresee(now):
            return portal._foresee_dispute(dispute_id, value, values, now)

        def answer(now):
            return portal._answer_dispute(dispute_id, value, values, now, portal._get_address())

        shown = {name: values.get(name, "") for name in ("note", "until")}
        shown |= {"value": value, "back": back, "is_dispute": True}
        return self._kgw_answer(foresee, answer, confirmed, shown)

    @http.route(
        "/my/monitoring/dispute/<int:dispute_id>/revoke",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def kgw_reopen_dispute(self, dispute_id):
        portal = request.env["kgw.portal"]
        try:
            case_id = portal._reopen_dispute(
                dispute_id, fields.Datetime.now(), portal._get_address()
            )
        except UserError as error:
            return self._kgw_go("/my/monitoring", str(error), is_problem=True)
        return self._kgw_go(f"/my/monitoring/{case_id}", request.env._("The answer is taken back."))

    @http.route(
        "/my/monitoring/dispute/<int:dispute_id>/file/<int:number>",
        type="http",
        auth="user",
        website=True,
    )
    def kgw_dispute_file(self, dispute_id, number):
        found = request.env["kgw.portal"]._get_dispute_file(dispute_id, number)
        if not found:
            return request.redirect("/my/monitoring")
        return self._kgw_send_file(*found, "application/octet-stream")

    @http.route(
        "/my/monitoring/decision/<int:decision_id>/preview", type="http", auth="user", website=True
    )
    def kgw_preview(self, decision_id):
        """Show exactly what would be sent."""
        try:
            kind, content = request.env["kgw.portal"]._get_preview(
                decision_id, fields.Datetime.now()
            )
        except UserError:
            return request.redirect("/my/monitoring")
        if kind == "pdf":
            name = request.env._("preview")
            return self._kgw_send_file(f"{name}.pdf", content, "application/pdf", "inline")
        return self._kgw_send_file("preview", str(content).encode(), MIMETYPES[kind], "inline")

    @http.route("/my/monitoring/decide", type="http", auth="user", methods=["POST"], website=True)
    def kgw_take(self, kind="", confirmed="", **values):
        """Say what a decision would change; when that was confirmed, take it."""
        form = request.httprequest.form
        case_ids = self._kgw_read_numbers(form.getlist("case_ids"))
        line_ids = self._kgw_read_numbers(form.getlist("receivable_ids")) or None
        if kind not in SPECS or not case_ids:
            return self._kgw_go(
                "/my/monitoring/counterparties",
                request.env._("Choose counterparties and what is to happen."),
                is_problem=True,
            )
        if confirmed:
            return self._kgw_confirm(kind, values, case_ids, line_ids)
        return self._kgw_ask_to_confirm(kind, values, case_ids, line_ids)

    def _kgw_read_numbers(self, texts):
        parts = [part for text in texts for part in text.split(",")]
        return sorted({self._kgw_read_number(part) for part in parts} - {0})

    def _kgw_ask_to_confirm(self, kind, values, case_ids, line_ids, problem=""):
        portal, effect = request.env["kgw.portal"], None
        try:
            form = portal._get_form(kind, case_ids, line_ids)
        except UserError as error:  # not its own, or too many for this decision: there is no form
            return self._kgw_go("/my/monitoring/counterparties", str(error), is_problem=True)
        try:
            if not problem and all(values.get(name) for name in SPECS[kind].wants):
                effect = portal._foresee(kind, values, fields.Datetime.now(), case_ids, line_ids)
        except UserError as error:
            problem = str(error)
        return self._kgw_render(
            "portal_decide", form=form, values=values, effect=effect, problem=problem
        )

    def _kgw_confirm(self, kind, values, case_ids, line_ids):
        portal, now = request.env["kgw.portal"], fields.Datetime.now()
        try:
            with request.env.cr.savepoint():  # a refused decision must not stay and act later
                address = portal._get_address()
                taken = portal._take(kind, values, now, case_ids, line_ids, address)
        except UserError as error:
            return self._kgw_ask_to_confirm(kind, values, case_ids, line_ids, str(error))
        note = (
            request.env._("Done: it holds from this moment.")
            if SPECS[kind].at_once
            else request.env._(
                "Recorded: it acts in the next run and can be taken back until then."
            )
        )
        path = (
            f"/my/monitoring/{case_ids[0]}"
            if len(case_ids) == 1
            else "/my/monitoring/counterparties"
        )
        return self._kgw_go(path, " ".join((note, *self._kgw_say_left_out(taken["left_out"]))))

    def _kgw_say_left_out(self, rows):
        """Return a sentence for each counterparty for which it has become impossible meanwhile."""
        return [
            request.env._(
                "Not possible, and left out: %(counterparty)s: %(problem)s",
                counterparty=row["counterparty"],
                problem=row["problem"],
            )
            for row in rows
        ]
