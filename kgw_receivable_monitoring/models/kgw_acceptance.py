import base64
import binascii
import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

from .kgw_scenario_change import COURSE_FIELDS
from .kgw_scenario_step import STEP_FIELDS

MAX_SIGNATURE = 512 * 1024
SCOPES = ("may_remind", "may_demand", "may_note", "may_warn", "may_accept")
PAPERS = {"agreement": "agreement_file", "authority": "authority_file"}


class KgwAcceptance(models.Model):
    """The scenarios and papers of a mandate as a person of its creditor accepted them, signed.

    It says which version was accepted: where scenario or papers are changed afterwards, the
    creditor is asked again.
    """

    _name = "kgw.acceptance"
    _description = "Acceptance of Scenario and Papers"
    _order = "id desc"
    _rec_name = "signed_by"
    _allow_sudo_commands = False

    mandate_id = fields.Many2one(
        "kgw.mandate", required=True, readonly=True, index=True, ondelete="cascade"
    )
    creditor_id = fields.Many2one(related="mandate_id.creditor_id", store=True, index=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    signed_by = fields.Char(required=True, readonly=True)
    signed_at = fields.Datetime(required=True, readonly=True)
    signature = fields.Binary(attachment=True, required=True, readonly=True)
    address = fields.Char(string="From", readonly=True, help="IP address from which it was signed.")
    version = fields.Char(required=True, readonly=True, help="Seal over what was accepted.")
    terms = fields.Json(readonly=True, help="Scenarios and papers as they were then.")

    @api.model
    def _accept(self, mandate, version, name, signature, now, address=""):
        """Record that the user accepts the terms of ``mandate``; returns the acceptance.

        :param version: of what the person read
        :param signature: image as base64 text
        :raise UserError: no name or image, or the terms have changed meanwhile
        """
        name = (name or "").strip()[:200]
        if not name:
            raise UserError(self.env._("Please write your name."))
        self._check_image(signature)
        if version != self._get_version(mandate):
            raise UserError(
                self.env._("The terms have changed meanwhile. Please read them once more.")
            )
        # Nobody writes acceptances directly; whether the person may was asked by the caller.
        return self.sudo().create(
            {
                "mandate_id": mandate.id,
                "user_id": self.env.uid,
                "signed_by": name,
                "signed_at": now,
                "signature": signature,
                "address": address,
                "version": version,
                "terms": self._get_facts(mandate),
            }
        )

    def _check_image(self, signature):
        """
        :raise UserError: it is no image, or too big
        """
        try:
            image = base64.b64decode(signature or "", validate=True)
        except (binascii.Error, ValueError, TypeError):
            image = b""
        if not image or len(image) > MAX_SIGNATURE or guess_mimetype(image) != "image/png":
            raise UserError(self.env._("Please sign in the field."))

    # === VERSION === #

    @api.model
    def _get_version(self, mandate):
        """Return the seal over scenarios and papers of ``mandate``."""
        facts = json.dumps(self._get_facts(mandate), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(facts.encode()).hexdigest()

    def _get_facts(self, mandate):
        """Return what is accepted as plain values, the same in every language."""
        mandate = mandate.with_context(lang=None, bin_size=False)
        return {
            "scenarios": [
                {
                    "kind": line.kind_id.code or "",
                    "scenario": self._read_plain(line.scenario_id, ("name", *COURSE_FIELDS)),
                    "steps": [
                        self._read_plain(step, STEP_FIELDS) for step in line.scenario_id.step_ids
                    ],
                }
                for line in mandate.scenario_ids.sorted(lambda line: line.kind_id.code or "")
            ],
            "papers": {
                **{name: self._get_checksum(mandate, field) for name, field in PAPERS.items()},
                **self._read_plain(
                    mandate, ("agreement_date", "authority_date", "authority_until", *SCOPES)
                ),
            },
        }

    def _read_plain(self, record, names):
        return {name: self._to_plain(record[name]) for name in names}

    def _to_plain(self, value):
        if isinstance(value, models.BaseModel):
            return value.code if "code" in value._fields else value.id
        return value if isinstance(value, (bool, int, float)) else str(value or "")

    def _get_checksum(self, mandate, field):
        """Return the checksum of a paper without reading it, '' for none."""
        # The file belongs to the mandate, which the caller may read.
        files = self.env["ir.attachment"].sudo()
        found = files.search(
            [
                ("res_model", "=", mandate._name),
                ("res_id", "=", mandate.id),
                ("res_field", "=", field),
            ]
        )
        return found[:1].checksum or ""

    @api.model
    def _get_last(self, mandate):
        """Return ``(acceptance, is_current)``: the last one of ``mandate``, and whether it is about
        the terms as they are now."""
        last = self.search([("mandate_id", "=", mandate.id)], limit=1)
        return last, bool(last) and last.version == self._get_version(mandate)
