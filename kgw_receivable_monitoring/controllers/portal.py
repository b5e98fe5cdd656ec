from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from ..models.kgw_portal_figures import FIGURES
from ..models.kgw_portal_list import PAGE_SIZE, SORTS, TABS
from ..models.kgw_portal_timeline import PAGE, SHOWN
from ..tools import table

MODULE = "kgw_receivable_monitoring"


class KgwPortalController(CustomerPortal):
    """Thin pages over ``kgw.portal``: parse, call one method, render plain dictionaries."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "kgw_case_count" in counters:
            values["kgw_case_count"] = request.env["kgw.portal"]._count_cases()
        return values

    def _kgw_render(self, template, **values):
        """Render one of our pages with what the last act left to say."""
        note = request.session.pop("kgw_note", None)
        common = {
            "page_name": "kgw_monitoring",
            "kgw_note": note,
            # Odoo's own pages leave it out: a screen reader would read Polish as English.
            "html_data": {"lang": (request.env.lang or "en_US").replace("_", "-")},
        }
        return request.render(f"{MODULE}.{template}", {**common, **values})

    def _kgw_go(self, path, note="", is_problem=False):
        """Go to a page of ours that says ``note`` on top."""
        if note:
            request.session["kgw_note"] = {"text": note, "is_problem": is_problem}
        return request.redirect(path)

    def _kgw_send_file(self, name, content, mimetype, disposition="attachment"):
        return request.make_response(
            content,
            [
                ("Content-Type", mimetype),
                ("Content-Length", str(len(content))),
                ("Content-Security-Policy", "sandbox"),
                ("X-Content-Type-Options", "nosniff"),
                (
                    "Content-Disposition",
                    http.content_disposition(name, disposition_type=disposition),
                ),
            ],
        )

    def _kgw_show_pdf(self, found):
        """Show a PDF, ``(file name, content)``; None goes back to the overview."""
        if not found:
            return request.redirect("/my/monitoring")
        return self._kgw_send_file(*found, "application/pdf", "inline")

    def _kgw_read_number(self, text):
        """Return the id that a form sends as text, 0 for what is none."""
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    def _kgw_read_uploads(self):
        """Return ``(name, content)`` of the files of a form."""
        uploads = request.httprequest.files.getlist("files")
        return [(upload.filename, upload.read()) for upload in uploads if upload.filename]

    # === PAGES === #

    @http.route("/my/monitoring", type="http", auth="user", website=True)
    def kgw_overview(self):
        overview = request.env["kgw.portal"]._get_overview()
        return self._kgw_render("portal_overview", overview=overview)

    @http.route("/my/monitoring/notices", type="http", auth="user", methods=["POST"], website=True)
    def kgw_notices(self, **values):
        request.env["kgw.portal"]._set_notices(values)
        return self._kgw_go("/my/monitoring", request.env._("Your choice of e-mails is kept."))

    @http.route(
        ["/my/monitoring/counterparties", "/my/monitoring/counterparties/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def kgw_cases(self, page=1, tab="all", search="", sort="urgent"):
        portal = request.env["kgw.portal"]
        query = self._kgw_read_query(tab, search, sort)
        tabs, tab = portal._count_tabs(query["search"]), query["tab"]
        count = tabs[tab] if tab in tabs else portal._count_cases(tab, query["search"])
        pages = pager(
            url="/my/monitoring/counterparties",
            url_args=query,
            total=count,
            page=page,
            step=PAGE_SIZE,
        )
        return self._kgw_render(
            "portal_cases",
            pager=pages,
            tabs=tabs,
            tab_labels=portal._get_tab_labels(),
            query=query,
            count=count,
            figure=portal._get_figure(tab, query["search"]),
            rights=portal._get_rights(),
            offers=portal._get_offers(),
            cases=portal._get_cases(**query, offset=pages["offset"], limit=PAGE_SIZE),
        )

    @http.route(
        '/my/monitoring/counterparties.<any("csv","xlsx"):form>',
        type="http",
        auth="user",
        website=True,
    )
    def kgw_export(self, form, tab="all", search="", sort="urgent"):
        rows = request.env["kgw.portal"]._get_export(**self._kgw_read_query(tab, search, sort))
        write, mimetype = table.WRITERS[form]
        name = request.env._("counterparties")
        return self._kgw_send_file(f"{name}.{form}", write(rows), mimetype)

    def _kgw_read_query(self, tab, search, sort):
        return {
            "tab": tab if tab in (*TABS, *FIGURES) else "all",
            "search": search[:100],
            "sort": sort if sort in SORTS else "urgent",
        }

    @http.route("/my/monitoring/<int:case_id>", type="http", auth="user", website=True)
    def kgw_case(self, case_id, show="", limit=""):
        case = self._kgw_get_case(case_id, show, limit)
        if not case:
            return request.redirect("/my/monitoring")
        return self._kgw_render("portal_case", case=case)

    @http.route("/my/monitoring/<int:case_id>/live", type="http", auth="user", website=True)
    def kgw_case_live(self, case_id, show="", limit=""):
        """Return what of the page changes by itself, for a page that learned of a change."""
        case = self._kgw_get_case(case_id, show, limit)
        if not case:
            raise request.not_found()
        return self._kgw_render("portal_case_live", case=case)

    def _kgw_get_case(self, case_id, show, limit):
        wanted = int(limit) if limit.isdecimal() and len(limit) < 6 else PAGE
        return request.env["kgw.portal"]._get_case(
            case_id, show if show in SHOWN else "", max(wanted, PAGE)
        )

    # === FILES === #

    @http.route("/my/monitoring/<int:case_id>/history.pdf", type="http", auth="user", website=True)
    def kgw_history(self, case_id, part=""):
        portal = request.env["kgw.portal"]
        return self._kgw_show_pdf(portal._get_history(case_id, self._kgw_read_number(part)))

    @http.route("/my/monitoring/summary/<int:summary_id>", type="http", auth="user", website=True)
    def kgw_summary(self, summary_id):
        return self._kgw_show_pdf(request.env["kgw.portal"]._get_summary_file(summary_id))

    @http.route("/my/monitoring/letter/<int:reminder_id>", type="http", auth="user", website=True)
    def kgw_letter(self, reminder_id):
        return self._kgw_show_pdf(request.env["kgw.portal"]._get_letter(reminder_id))

    @http.route(
        "/my/monitoring/file/<int:event_id>/<int:number>", type="http", auth="user", website=True
    )
    def kgw_file(self, event_id, number):
        found = request.env["kgw.portal"]._get_file(event_id, number)
        if not found:
            return request.redirect("/my/monitoring")
        name, content, _mimetype = found
        # Whatever it is, it is saved, never shown: nothing in it runs under our address.
        return self._kgw_send_file(name, content, "application/octet-stream")

    # === CONVERSATION === #

    @http.route(
        "/my/monitoring/<int:case_id>/message",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        max_content_length=12 * 1024 * 1024,
    )
    def kgw_message(self, case_id, text="", **_files):
        files = self._kgw_read_uploads()
        try:
            request.env["kgw.portal"]._write_message(case_id, text, files, fields.Datetime.now())
        except AccessError:
            return request.redirect("/my/monitoring")
        except UserError as error:
            return self._kgw_go(f"/my/monitoring/{case_id}", str(error), is_problem=True)
        return self._kgw_go(
            f"/my/monitoring/{case_id}#talk", request.env._("Your message was sent.")
        )
