from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..const_mandate import ACCOUNT_CHANGE_STATES, ACCOUNT_TARGETS
from ..tools import identifiers

# From the second person's word to the day on which counterparties read the new number.
WAIT = timedelta(hours=24)
OPEN = ("asked", "agreed")
# What a manager enters; the rest is kept up here.
ENTERED = {"mandate_id", "target", "number", "paper", "paper_filename", "called"}
CRON = "kgw_receivable_monitoring.ir_cron_kgw_account"


class KgwAccountChange(models.Model):
    """Another account of a creditor: asked for by one person, agreed to by a second one, in force
    a day later; everybody hears of it at the old addresses.

    Two ways only. In the portal two logins of the creditor's people act. On paper, for whoever has
    no second login, two managers act on a letter that the creditor signed: one enters it, the
    other rings the creditor up on a number known before, since a letter is forged as easily as an
    e-mail. Neither an e-mail nor a file ever asks for a change.
    """

    _name = "kgw.account.change"
    _description = "Change of a Creditor's Account"
    _inherit = ["kgw.account"]
    _order = "id desc"
    _rec_name = "number"

    mandate_id = fields.Many2one("kgw.mandate", required=True, index=True, ondelete="cascade")
    creditor_id = fields.Many2one(related="mandate_id.creditor_id", store=True, index=True)
    target = fields.Selection(
        ACCOUNT_TARGETS, string="Which Account", required=True, default="account_number"
    )
    old_number = fields.Char(string="Old Account", readonly=True)
    number = fields.Char(string="New Account", required=True)
    paper = fields.Binary(string="Signed Letter", attachment=True)
    paper_filename = fields.Char()
    called = fields.Char(
        string="Confirmed By Phone With",
        help="Who of the creditor confirmed it when called on a number known before, and which"
        " number that was. Entered by the second manager.",
    )
    state = fields.Selection(
        ACCOUNT_CHANGE_STATES, required=True, default="asked", readonly=True, index=True
    )
    asked_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    asked_at = fields.Datetime(readonly=True)
    agreed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    agreed_at = fields.Datetime(readonly=True)
    effective_at = fields.Datetime(string="In Force From", readonly=True)
    cancelled_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")

    _one_open = models.UniqueIndex(
        "(mandate_id, target) WHERE state IN ('asked', 'agreed')",
        "Another change of this account is open: cancel it first.",
    )

    @api.constrains("number")
    def _check_number(self):
        for change in self:
            if identifiers.iban(change.number).reason:
                raise ValidationError(
                    self.env._(
                        "%s is no bank account number: a digit is wrong, missing or too many.",
                        change.number,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """A manager enters what a signed letter asks for; everybody is told at once."""
        for vals in vals_list:
            self._check_entered(vals)
            self._check_wanted(vals)
        changes = super().create(vals_list)
        if not self.env.su:
            changes._check_paper()
            changes.sudo()._begin(self.env.cr.now())
        return changes

    def write(self, vals):
        is_open = all(change.state == "asked" for change in self)
        if not self.env.su and (vals.keys() - {"called"} or not is_open):
            raise AccessError(
                self.env._("A change that was asked for stays as it is: cancel it, ask anew.")
            )
        return super().write(vals)

    def _check_entered(self, vals):
        """
        :raise AccessError: ``vals`` hold what only the product writes
        """
        if not self.env.su and (names := vals.keys() - ENTERED):
            raise AccessError(
                self.env._("%s can't be entered: the product keeps it.", ", ".join(sorted(names)))
            )

    def _check_wanted(self, vals):
        """
        :raise UserError: the account is as it is wanted, or another change of it is open
        """
        mandate = self.env["kgw.mandate"].browse(vals.get("mandate_id"))
        target = vals.get("target", "account_number")
        if self._search_open(mandate).filtered(lambda change: change.target == target):
            raise UserError(self.env._("Another change of this account is open: cancel it first."))
        if identifiers.iban(mandate[target]).value == identifiers.iban(vals.get("number")).value:
            raise UserError(self.env._("This is the account already."))

    @api.model
    def _search_open(self, mandate):
        """Return the changes of a mandate that don't hold yet and are not cancelled."""
        return self.search([("mandate_id", "=", mandate.id), ("state", "in", OPEN)])

    def _check_paper(self):
        if self.filtered(lambda change: not change.paper):
            raise UserError(
                self.env._(
                    "Attach the letter that the creditor has signed. An e-mail is no ground for"
                    " another account; people of the creditor ask for it in their portal."
                )
            )

    # === STEPS === #

    def _begin(self, now):
        """Record that these changes are asked for, and tell everybody."""
        for change in self:
            change.write(
                {
                    "old_number": change.mandate_id[change.target],
                    "asked_by_id": self.env.uid,
                    "asked_at": now,
                }
            )
        self._tell(now)
        self.env.ref(CRON).sudo()._trigger()  # the list of VAT payers is asked outside the request

    def _agree(self, now):
        """Record the word of the second person, the current user.

        :raise UserError: this user can't be that person, or it is not asked any more
        """
        for change in self:
            if change.state != "asked":
                raise UserError(self.env._("This change is not waiting for a second person."))
            refusal = change._get_refusal(self.env.user)
            if refusal:
                raise UserError(refusal)
        self.write({"state": "agreed", "agreed_by_id": self.env.uid, "agreed_at": now})
        self.write({"effective_at": now + WAIT})
        self._tell(now)
        self.env.ref(CRON).sudo()._trigger(now + WAIT)

    def _get_refusal(self, user):
        """Return why ``user`` can't be the second person, or ''."""
        self.ensure_one()
        asker = self.asked_by_id
        if user == asker or self._get_mailbox(user) == self._get_mailbox(asker):
            return self.env._(
                "You asked for this change yourself: a second person with an e-mail of their own"
                " has to agree."
            )
        if user.share:
            return ""  # the portal's fence lets it see its own creditor only
        if not self.paper or not (self.called or "").strip():
            return self.env._(
                "Ring the creditor up on a number known before, and enter with whom you spoke. A"
                " change asked for in the portal is agreed to there."
            )
        return ""

    def _get_mailbox(self, user):
        return (user.email_normalized or user.login or "").lower()

    def _cancel(self, now):
        """Take these changes back; whoever gets wind of a fraud may do so until the last moment.

        :raise UserError: one of them is in force already
        """
        if self.filtered(lambda change: change.state not in OPEN):
            raise UserError(self.env._("This change is closed already: ask for another one."))
        self.write({"state": "cancelled", "cancelled_by_id": self.env.uid})
        self._tell(now)

    @api.model
    def _take_effect(self, now):
        """Let the changes whose day has passed hold from ``now`` on."""
        due = self.search([("state", "=", "agreed"), ("effective_at", "<=", now)])
        for change in due:
            change.mandate_id._take_account(change, now)
        due.write({"state": "done"})
        due._tell(now)
        for change in due:
            change.mandate_id._remember_addresses()

    def _tell(self, now):
        """Put these changes into the register, tell the managers and, at the addresses known
        before, the creditor."""
        self.env["kgw.event"]._record([change._prepare_event_vals(now) for change in self])
        for change in self:
            self.env["kgw.account.alarm"]._tell(change)

    def _prepare_event_vals(self, now):
        return {
            "kind": "account",
            "at": now,
            "mandate_id": self.mandate_id.id,
            "payload": {
                "target": self.target,
                "state": self.state,
                "old": self.old_number or "",
                "new": self.number,
            },
        }

    def _get_people(self):
        """Return the names of those who asked, agreed and cancelled."""
        return (self.asked_by_id | self.agreed_by_id | self.cancelled_by_id).mapped("name")

    def _get_asked_numbers(self):
        return self.mandate_id, [self.number]

    # === ACTION METHODS === #

    def action_agree(self):
        self._check_manager()
        self.sudo()._agree(fields.Datetime.now())  # states are written by their buttons only

    def action_cancel(self):
        self._check_manager()
        self.sudo()._cancel(fields.Datetime.now())  # as above

    def _check_manager(self):
        """
        :raise AccessError: the user is no manager of monitoring
        """
        if not self.env["res.users"]._kgw_is_manager():
            raise AccessError(self.env._("Only managers of monitoring change accounts."))

    @api.model
    def _cron_work(self):
        """Let due changes hold; ask the list of VAT payers about those it was not asked about."""
        now = fields.Datetime.now()
        self._take_effect(now)
        unasked = self.search([("state", "in", OPEN), ("white_list_state", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(unasked))
        for change in unasked:
            change._ask_white_list(now)
            if not self.env["ir.cron"]._commit_progress(1):
                return
