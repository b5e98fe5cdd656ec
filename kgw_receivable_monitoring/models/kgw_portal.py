from odoo import api, fields, models

from .kgw_import import CONTENTS
from .kgw_portal_ahead import KgwPortalAhead
from .kgw_portal_answer import KgwPortalAnswer
from .kgw_portal_case import KgwPortalCase
from .kgw_portal_decision import KgwPortalDecision
from .kgw_portal_effect import KgwPortalEffect
from .kgw_portal_effect_sum import KgwPortalEffectSum
from .kgw_portal_effect_words import KgwPortalEffectWords
from .kgw_portal_export import KgwPortalExport
from .kgw_portal_figures import FIGURES, KgwPortalFigures
from .kgw_portal_handover import KgwPortalHandover
from .kgw_portal_history import KgwPortalHistory
from .kgw_portal_hold import KgwPortalHold
from .kgw_portal_list import SORTS, TABS, KgwPortalList
from .kgw_portal_live import KgwPortalLive
from .kgw_portal_outside import KgwPortalOutside
from .kgw_portal_overview import KgwPortalOverview
from .kgw_portal_people import KgwPortalPeople
from .kgw_portal_picture import KgwPortalPicture
from .kgw_portal_plan import KgwPortalPlan
from .kgw_portal_report import KgwPortalReport
from .kgw_portal_talk import KgwPortalTalk
from .kgw_portal_terms import KgwPortalTerms
from .kgw_portal_timeline import SHOWN, KgwPortalTimeline
from .kgw_portal_walk import KgwPortalWalk
from .kgw_portal_week import KgwPortalWeek

# Counterparties that are told at once, at most.
MOST_ROWS = 200


class KgwPortal(models.AbstractModel):
    """All that a creditor sees and does: plain dictionaries, of its own cases only.

    Portal users have no right on any model of monitoring. Every method takes the creditor from
    the logged-in user, adds it to every domain and returns strings and numbers, never records.
    Each subject has a file of its own; the pages ask the private methods. The public ones here are
    for the creditor's own system (JSON-2): like controllers they ask the clock.
    """

    _name = "kgw.portal"
    _inherit = [
        KgwPortalAhead._name,
        KgwPortalAnswer._name,
        KgwPortalCase._name,
        KgwPortalDecision._name,
        KgwPortalEffect._name,
        KgwPortalEffectSum._name,
        KgwPortalEffectWords._name,
        KgwPortalExport._name,
        KgwPortalFigures._name,
        KgwPortalHandover._name,
        KgwPortalHistory._name,
        KgwPortalHold._name,
        KgwPortalList._name,
        KgwPortalLive._name,
        KgwPortalOutside._name,
        KgwPortalOverview._name,
        KgwPortalPeople._name,
        KgwPortalPicture._name,
        KgwPortalPlan._name,
        KgwPortalReport._name,
        KgwPortalTalk._name,
        KgwPortalTerms._name,
        KgwPortalTimeline._name,
        KgwPortalWalk._name,
        KgwPortalWeek._name,
    ]
    _description = "Creditor's Portal"

    def _from_outside(self):
        """Return the model with the reader's language alone: a foreign system may send any context,
        and ours says what time it is, what is only tried, and what new records begin with."""
        lang = self.env.context.get("lang")
        if lang:
            self._want_text("lang", lang)
        return self.with_env(self.env(context={"lang": lang} if lang else {}))

    @api.model
    def overview(self):
        """Return what the first page shows: questions, money, what comes next."""
        self = self._from_outside()
        return self._get_overview()

    @api.model
    def cases(self, tab="all", search="", sort="urgent", offset=0, limit=40):
        """Return counterparties as the list shows them, at most 200 at once."""
        self = self._from_outside()
        return self._get_cases(
            self._want_choice("tab", tab, (*TABS, *FIGURES)),
            self._want_text("search", search),
            self._want_choice("sort", sort, SORTS),
            self._want_number("offset", offset, least=0),
            min(self._want_number("limit", limit), MOST_ROWS),
        )

    @api.model
    def case(self, case_id, show="", limit=30):
        """Return one counterparty with plan, history (at most 3000 entries) and invoices, or None."""
        self = self._from_outside()
        return self._get_case(
            self._want_number("case_id", case_id),
            self._want_choice("show", show, ("", *SHOWN)),
            self._want_number("limit", limit),
        )

    @api.model
    def foresee(self, kind, case_ids, values=None, receivable_ids=None):
        """Return what a decision would change; nothing stays."""
        self = self._from_outside()
        now = fields.Datetime.now()
        cases, values, lines = self._want_decision(kind, case_ids, values, receivable_ids)
        return self._foresee(kind, values, now, cases, lines)

    @api.model
    def decide(self, kind, case_ids, values=None, receivable_ids=None):
        """Take a decision for counterparties, of many for those for which it can be taken; returns
        ``case_ids`` of these, and ``left_out``: the others, and why.

        :param kind: as ``tools.decision.SPECS``; ``values`` are the fields it wants and takes
        """
        self = self._from_outside()
        now = fields.Datetime.now()
        cases, values, lines = self._want_decision(kind, case_ids, values, receivable_ids)
        return self._take(kind, values, now, cases, lines, self._get_address())

    @api.model
    def foresee_answer(self, decision_id, value):
        """Return what an answer to an open question would change; nothing stays."""
        self = self._from_outside()
        number, now = self._want_number("decision_id", decision_id), fields.Datetime.now()
        return self._foresee_answer(number, self._want_text("value", value), now)

    @api.model
    def answer(self, decision_id, value):
        """Answer an open question; returns the id of its counterparty."""
        self = self._from_outside()
        now = fields.Datetime.now()
        number = self._want_number("decision_id", decision_id)
        return self._decide(number, self._want_text("value", value), now, self._get_address())

    @api.model
    def foresee_dispute(self, dispute_id, value, until=""):
        """Return what an answer to a dispute would change; nothing stays."""
        self = self._from_outside()
        number, now = self._want_number("dispute_id", dispute_id), fields.Datetime.now()
        values = {"until": self._want_text("until", until)}
        return self._foresee_dispute(number, self._want_text("value", value), values, now)

    @api.model
    def answer_dispute(self, dispute_id, value, note="", until=""):
        """Answer a dispute; returns the id of its counterparty."""
        self = self._from_outside()
        texts = {"value": value, "note": note, "until": until}
        texts = {name: self._want_text(name, text) for name, text in texts.items()}
        number, now = self._want_number("dispute_id", dispute_id), fields.Datetime.now()
        return self._answer_dispute(number, texts.pop("value"), texts, now, self._get_address())

    @api.model
    def reopen_dispute(self, dispute_id):
        """Take the answer to a dispute back, so that it is asked again; returns the id of its
        counterparty."""
        self = self._from_outside()
        number = self._want_number("dispute_id", dispute_id)
        return self._reopen_dispute(number, fields.Datetime.now(), self._get_address())

    @api.model
    def revoke(self, decision_id):
        """Take back a decision or answer that has not acted yet; returns the id of its
        counterparty."""
        self = self._from_outside()
        number = self._want_number("decision_id", decision_id)
        return self._revoke(number, fields.Datetime.now(), self._get_address())

    @api.model
    def message(self, case_id, text="", files=()):
        """Write to the controller about a counterparty; returns its id.

        :param files: as of :meth:`upload`, at most five
        """
        self = self._from_outside()
        number, text = self._want_number("case_id", case_id), self._want_text("text", text)
        self._write_message(number, text, self._want_files("files", files), fields.Datetime.now())
        return number

    # === HANDING OVER === #

    @api.model
    def handovers(self):
        """Return the mandates for which files can be handed over, and the last hand-overs."""
        self = self._from_outside()
        return self._get_handover()

    @api.model
    def handover(self, import_id):
        """Return what a hand-over would do or has done, row by row, or None."""
        self = self._from_outside()
        return self._get_import(self._want_number("import_id", import_id))

    @api.model
    def upload(self, mandate_id, files, content="invoices", known_through=""):
        """Hand files over and read them; nothing counts before :meth:`accept`.

        :param files: ``[{"name": "…", "data": "<base64>"}]``
        :return: as :meth:`handover`
        """
        self = self._from_outside()
        wanted = (
            self._want_number("mandate_id", mandate_id),
            self._want_choice("content", content, dict(CONTENTS)),
            self._want_files("files", files),
            self._want_text("known_through", known_through),
        )
        return self._get_import(self._upload(*wanted, fields.Datetime.now()))

    @api.model
    def accept(self, import_id, struck=(), restated=(), seen_note=""):
        """Take over what :meth:`handover` shows; returns the state.

        :param struck: names among its ``newcomers`` whom nobody may contact
        :param restated: ids among its ``restatable`` that become what the file says
        :param seen_note: its ``vanish_note``, to say that the list is right all the same
        """
        self = self._from_outside()
        number = self._want_number("import_id", import_id)
        names = self._want_list("struck", struck, self._want_text)
        rows = self._want_list("restated", restated, self._want_number)
        seen, now = self._want_text("seen_note", seen_note), fields.Datetime.now()
        return self._accept(number, names, now, self._get_address(), {*rows}, seen)

    @api.model
    def no_more_payments(self, mandate_id, known_through):
        """Say that all payments up to a day have been told; returns that day."""
        self = self._from_outside()
        number = self._want_number("mandate_id", mandate_id)
        day = self._want_text("known_through", known_through)
        self._confirm_payments(number, day, fields.Datetime.now())
        return day
