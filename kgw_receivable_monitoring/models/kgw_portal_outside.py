from datetime import date

from odoo import models
from odoo.exceptions import UserError

from ..tools.decision import SPECS
from .kgw_portal_base import KgwPortalBase

# The largest id that the database knows.
LARGEST = 2**31 - 1
# Values of decisions that are nothing but text.
TEXTS = ("note", "until_date", "channel", "point_kind")


class KgwPortalOutside(models.AbstractModel):
    """What a foreign system sends, read strictly: nothing is guessed, and what is wrong is named.

    Each method returns the value, or raises a UserError (422 over JSON-2) that begins with the name
    of the argument.
    """

    _name = "kgw.portal.outside"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: What a Foreign System Sends"

    def _refuse(self, name, wanted):
        raise UserError(self.env._("%(field)s: expected is %(wanted)s.", field=name, wanted=wanted))

    def _want_number(self, name, value, least=1):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not least <= value <= LARGEST:
            self._refuse(name, self.env._("a whole number from %s on", least))
        return value

    def _want_text(self, name, value):
        if not isinstance(value, str) or "\0" in value:
            self._refuse(name, self.env._("text"))
        return value

    def _want_day(self, name, value):
        try:
            date.fromisoformat(value)
        except (TypeError, ValueError):
            self._refuse(name, self.env._("a day such as 2026-12-31"))

    def _want_choice(self, name, value, offered):
        if not isinstance(value, str) or value not in offered:
            self._refuse(name, self.env._("one of: %s", ", ".join(offered)))
        return value

    def _want_list(self, name, value, want):
        """Return a list of what ``want``, one of these methods, accepts."""
        if not isinstance(value, (list, tuple)):
            self._refuse(name, self.env._("a list"))
        return [want(name, item) for item in value]

    def _want_files(self, name, value):
        """Return files as pairs of name and content."""
        decode = self.env["kgw.import"]._decode_file
        files = self._want_list(name, value, lambda _name, item: decode(item))
        return [(file["name"], file["raw"]) for file in files]

    def _want_decision(self, kind, case_ids, values, receivable_ids):
        """Return what a decision is about and its values, as the page's form sends them."""
        spec = SPECS[self._want_choice("kind", kind, SPECS)]
        cases = self._want_list("case_ids", case_ids, self._want_number)
        lines = receivable_ids
        if lines is not None:
            lines = self._want_list("receivable_ids", lines, self._want_number)
        known = (*spec.wants, *spec.takes)
        if not isinstance(values or {}, dict):
            self._refuse("values", self.env._("an object"))
        for name, value in (values or {}).items():
            if name not in known:
                names = ", ".join(known)
                said = self.env._("one of: %(known)s; not “%(name)s”", known=names, name=name)
                self._refuse("values", said)
            if name == "until_date" and value:
                self._want_day(name, value)
            if name in TEXTS and value is not None:
                self._want_text(name, value)
            elif not isinstance(value, (str, int, float, type(None))):
                self._refuse(name, self.env._("text or a number"))
        return cases, values or {}, lines
