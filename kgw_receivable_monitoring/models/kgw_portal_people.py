from odoo import api, models
from odoo.exceptions import AccessError

from .kgw_portal_access import RIGHTS
from .kgw_portal_base import KgwPortalBase


class KgwPortalPeople(models.AbstractModel):
    """The creditor's lead says what its colleagues may do."""

    _name = "kgw.portal.people"
    _inherit = KgwPortalBase._name
    _description = "Creditor's Portal: People"

    @api.model
    def _get_colleagues(self):
        """Return what each colleague of the lead may do.

        :raise AccessError: the user is no lead
        """
        return [self._prepare_colleague(user) for user in self._search_colleagues()]

    def _search_colleagues(self):
        """Return the people with a portal login of the same creditor, but the user itself.

        :raise AccessError: the user is no lead
        """
        self._get_creditor_domain()
        if not self._get_rights()["is_lead"]:
            raise AccessError(self.env._("Only the lead of your company sets rights."))
        if not self._search_own("kgw.mandate", [], limit=1):
            return self.env["res.users"]
        company = self.env.user.partner_id.commercial_partner_id
        # Portal users may not read users: the lead reads those of its own company.
        users = self.env["res.users"].sudo()
        return users.search(
            [
                ("partner_id", "child_of", company.id),
                ("share", "=", True),
                ("id", "!=", self.env.uid),
            ],
            order="name, id",
        )

    def _say_who_decides(self, rights):
        """Return who answers a question in place of the user who may only look, '' where it may.

        :param rights: those of the user, of :meth:`_get_rights`
        """
        if rights["may_decide"]:
            return ""
        company = self.env.user.partner_id.commercial_partner_id
        # Colleagues' names are no secret within one creditor; portal users may not read users.
        access_sudo = self.env["kgw.portal.access"].sudo()
        people = access_sudo.search(
            [("user_id.partner_id", "child_of", company.id), ("may_decide", "=", True)]
        )
        names = ", ".join(people.user_id.filtered("active").sorted("name").mapped("name"))
        if not names:
            return self.env._("You may look at this, not answer it. Please ask your controller.")
        return self.env._("You may look at this, not answer it. It is answered by: %s.", names)

    def _prepare_colleague(self, user):
        rights = user.env["kgw.portal.access"]._get_rights(user)
        return {"id": user.id, "name": user.name, "login": user.login, "rights": rights}

    @api.model
    def _set_rights(self, user_id, values):
        """Let a colleague do what ``values`` names, and nothing else.

        :raise AccessError: the user is no lead, or it is no colleague
        """
        user = self._search_colleagues().filtered(lambda user: user.id == user_id)
        if not user:
            raise AccessError(self.env._("This is not there any more."))
        people = user.env["kgw.portal.access"]
        wanted = {name: bool(values.get(name)) for name in RIGHTS}
        if access := people.search([("user_id", "=", user.id)]):
            access.write(wanted)
        else:
            people.create({"user_id": user.id, **wanted})
        self._log_rights(user, [name for name in RIGHTS if wanted[name]])

    def _log_rights(self, user, names):
        """Write onto the creditor's mandates who gave whom which rights."""
        labels = self.env["kgw.portal.access"]._fields
        given = ", ".join(labels[name]._description_string(self.env) for name in names)
        for mandate in self._search_own("kgw.mandate", [("state", "!=", "ended")]):
            mandate.message_post(
                body=self.env._(
                    "Rights of %(who)s, set by their lead: %(rights)s.",
                    who=user.name,
                    rights=given or self.env._("only looks"),
                ),
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )
