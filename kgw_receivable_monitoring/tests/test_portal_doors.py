import inspect
import json
from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DUE, MODULE
from .test_portal_pages import PUBLIC
from .test_portal_routes import SECRETS, RoutesCase

# What any client may ask of any model, with arguments that would give something away.
ORM_CALLS = {
    "search_read": ([], ["display_name"]),
    "search_count": ([],),
    "web_search_read": ([], {"display_name": {}}),
    "formatted_read_group": ([], ["id"], ["__count"]),
    "name_search": ("",),
    "search_fetch": ([], ["display_name"]),
    "search": ([],),
    "create": ([{}],),
}
ORM_CALLS_ON_RECORDS = {
    "read": (["display_name"],),
    "web_read": ({"display_name": {}},),
    "export_data": (["id", "display_name"],),
    "write": ({},),
    "web_save": ({}, {"display_name": {}}),
    "copy": (),
    "unlink": (),
}
# How a client learns that it may not: exports are refused by Odoo as such, and a record without
# any value is no record of ours.
REFUSALS = (AccessError, UserError, KeyError)
# Odoo's own models in which something of a creditor lies, and how it is found there.
FOREIGN = ("account.move", "account.move.line", "ir.attachment", "mail.message", "mail.followers")


class DoorsCase(RoutesCase):
    """A record of A's in every model, and everybody who has no business with any of them."""

    @classmethod
    def _create_world(cls):
        res = super()._create_world()
        world = cls()  # for the factories, which are no class methods
        world._let_more_happen(world._at(DUE))
        cls.env.flush_all()
        cls.records = {name: cls._find_record(name) for name in cls._get_model_names()}
        # Portal users have no right on our models, not even on what is their own.
        cls.everybody = (*cls.strangers, cls.user_a, cls.archived, cls.env.ref("base.public_user"))
        return res

    @classmethod
    def _get_model_names(cls):
        return sorted(n for n, m in cls.env.items() if n.startswith("kgw.") and not m._abstract)

    @classmethod
    def _find_record(cls, name):
        """Return a record of A's, any where nothing belongs to a creditor."""
        records = cls.env[name].search([])
        with suppress(AssertionError):
            own = records.filtered(lambda r: cls()._get_creditors(r) == cls.creditor)
            return own[:1] or records[:1]
        return records[:1]

    @classmethod
    def _get_attachments(cls):
        """Return the files of monitoring, those of fields too."""
        kept = cls.env["ir.attachment"].with_context(skip_res_field_check=True)
        files = kept.search([("res_model", "=like", "kgw.%")])
        return files | cls.dispute.attachment_ids | cls.letter.attachment_id

    def _get_picture(self):
        """Return how many records of everything there are, and what strangers like to change."""
        self.env.invalidate_all()
        counts = {name: self.env[name].search_count([]) for name in (*self.records, *FOREIGN)}
        states = [self.decision.state, self.dispute.state, self.change.state, self.letter.state]
        return counts, states, self.case.message_ids.ids, self.mandate.state

    def _get_bodies(self):
        return [raw for raw in self._get_attachments().mapped("raw") if raw]


@tagged("post_install", "-at_install", "kgw")
class TestModelDoors(DoorsCase):
    """Every model × every method × everybody without a group: refused, and nothing changes."""

    def test_world_has_a_record_of_nearly_every_model(self):
        empty = {name for name, record in self.records.items() if not record}
        stored = {name for name in empty if not self.env[name]._transient}
        self.assertLessEqual(len(stored), 14, stored)
        self.assertGreater(len(self._get_attachments()), 4)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_methods_of_the_orm_are_refused_on_every_model(self):
        for user in (self.user_b, self.employee, self.env.ref("base.public_user")):
            for name, record in self.records.items():
                ids = record.ids or [1]
                calls = [(m, args) for m, args in ORM_CALLS.items()]
                calls += [(m, (ids, *args)) for m, args in ORM_CALLS_ON_RECORDS.items()]
                for method, args in calls:
                    with self.subTest(user=user.login, model=name, method=method):
                        model = self.env[name].with_user(user)
                        self.assertIsInstance(self._find_refusal(model, method, args), REFUSALS)

    def _find_refusal(self, model, method, args):
        """Return the error that a call ends with, None where it went through."""
        try:
            with self.env.cr.savepoint():
                call_kw(model, method, list(args), {})
                self.env.flush_all()
        except Exception as error:  # which one it is, is what is asked
            return error
        return None

    def _get_methods(self, name):
        """Return the public methods of ours on a model, which any client may call."""
        found = {}
        for cls in reversed(type(self.env[name]).__mro__):
            if MODULE in cls.__module__:
                found.update({n: v for n, v in vars(cls).items() if inspect.isfunction(v)})
        return {n: f for n, f in found.items() if not n.startswith("_") and n != "init"}

    def _get_arguments(self, name, function):
        """Return arguments that name A's records, for whatever a method wants."""
        wanted = [
            p
            for p in list(inspect.signature(function).parameters.values())[1:]
            if p.default is p.empty
        ]
        values = {"vals_list": [{}], "vals": {}, "fields_to_export": ["id"], "msg_dict": {}}
        return [values.get(p.name, {}) for p in wanted if p.kind in (p.POSITIONAL_OR_KEYWORD,)]

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_own_methods_do_nothing_for_those_without_a_group(self):
        before, tried = self._get_picture(), 0
        for user in self.everybody:
            for name, record in self.records.items():
                for method, function in self._get_methods(name).items():
                    tried += 1
                    args = self._get_arguments(name, function)
                    is_model = getattr(function, "_api_model", False)
                    with self.subTest(user=user.login, model=name, method=method):
                        self._try(
                            user, name, method, args if is_model else [record.ids or [1], *args]
                        )
        self.assertGreater(tried, 300)
        self.assertEqual(self._get_picture(), before)

    def _try(self, user, name, method, args):
        """Call a method as its client would: it may fail, or tell nothing."""
        model, answer = self.env[name].with_user(user), None
        with suppress(Exception), self.env.cr.savepoint():
            answer = call_kw(model, method, args, {})
            self.env.flush_all()
        self.assertFalse(self._find_secrets(json.dumps(answer, default=str)))

    def _find_secrets(self, text):
        return [secret for secret in SECRETS if secret in text]

    def test_context_of_a_foreign_system_is_not_taken_over(self):
        seen = []

        def refuse(portal):
            seen.append(dict(portal.env.context))
            raise AccessError(MODULE)

        portal = self.env["kgw.portal"].with_user(self.user_a)
        values = {"kind": "stop", "case_ids": self.case.ids, "value": "approve"}
        numbers = {"case_id": 1, "decision_id": 1, "dispute_id": 1, "import_id": 1, "mandate_id": 1}
        values |= {"files": [{"name": "a.csv", "data": "YQ=="}], "known_through": "2026-09-01"}
        context = {"kgw_now": DUE, "kgw_simulation": True, "default_note": "x", "lang": "en_US"}
        with patch.object(type(portal), "_get_creditor_domain", refuse):
            for method in PUBLIC:
                wanted = inspect.signature(getattr(type(portal), method)).parameters
                given = {k: v for k, v in {**values, **numbers}.items() if k in wanted}
                with self.subTest(method=method), self.assertRaises(AccessError):
                    call_kw(portal, method, [], {**given, "context": context})
        self.assertEqual(len(seen), len(PUBLIC))
        for given in seen:
            self.assertEqual({**given, "kgw_now": None}, {"lang": "en_US", "kgw_now": None})
            self.assertNotEqual(given.get("kgw_now"), DUE)

    def test_channels_of_another_creditor_cannot_be_asked_for(self):
        ours = self.creditor
        wanted = [
            "kgw_creditor",
            "kgw",
            f"res.partner_{ours.id}",
            json.dumps([self.env.cr.dbname, "res.partner", ours.id, "kgw"]),
            str((self.env.cr.dbname, "res.partner", ours.id, "kgw")),
        ]
        for user in self.everybody:
            socket = self.env["ir.websocket"].with_user(user)
            request = type("Request", (), {"session": type("S", (), {"uid": user.id})()})()
            with patch("odoo.addons.bus.models.ir_websocket.wsrequest", request):
                found = self._get_channels(socket, wanted)
            own = [channel for channel in found if isinstance(channel, tuple)]
            with self.subTest(user=user.login):
                self.assertEqual((ours, "kgw") in own, user in (self.user_a,))

    def _get_channels(self, socket, wanted):
        with suppress(AccessError):
            return list(socket._build_bus_channel_list(list(wanted)))
        return []
