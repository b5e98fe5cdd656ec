import hmac
import logging
import os
import secrets
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from .. import const
from ..exceptions import GatewayRefusal, SmsapiError
from ..tools.sender import sender_problem
from ..tools.sms_api import SmsApiOff, SmsApiSmsapi
from ..tools.smsapi import SmsapiClient

_logger = logging.getLogger(__name__)

LOOPBACK_HOSTS = {"127.0.0.1", "::1", "localhost"}


class ResCompany(models.Model):
    _inherit = "res.company"

    kgw_sms_provider = fields.Selection(
        [
            ("odoo", "Odoo (or another provider)"),
            ("smsapi", "SMSAPI gateway"),
            ("off", "Send no text messages"),
        ],
        string="Text messages go through",
        default="odoo",
        required=True,
        groups="base.group_system",
    )
    kgw_smsapi_token = fields.Char("SMSAPI Token", copy=False, groups="base.group_system")
    kgw_smsapi_base_url = fields.Char(
        "SMSAPI Address", default=const.DEFAULT_BASE_URL, groups="base.group_system"
    )
    kgw_smsapi_sender = fields.Char("SMSAPI Sender Name", groups="base.group_system")
    kgw_smsapi_normalize = fields.Boolean(
        "Send Without Diacritics", default=True, groups="base.group_system"
    )
    # No default: at installation it would give all existing companies the same secret.
    kgw_smsapi_secret = fields.Char(
        "Secret of the Report Address",
        readonly=True,
        copy=False,
        groups="base.group_system",
    )

    # The balance as it was when last asked: pages show it with its age and never ask themselves.
    kgw_smsapi_points = fields.Float(
        "SMSAPI Points", readonly=True, copy=False, groups="base.group_system"
    )
    kgw_smsapi_points_at = fields.Datetime(
        "SMSAPI Points Asked At", readonly=True, copy=False, groups="base.group_system"
    )
    kgw_smsapi_low_points = fields.Float(
        "Low Balance Below", default=100.0, groups="base.group_system"
    )

    @api.constrains("kgw_smsapi_base_url")
    def _check_kgw_smsapi_base_url(self):
        for company in self.sudo():  # who may create companies need not read these settings
            if not _is_safe_address(company.kgw_smsapi_base_url):
                raise ValidationError(
                    self.env._(
                        "The SMSAPI address must look like https://api.smsapi.pl, with nothing"
                        " after the host name. Plain http is accepted for this machine only,"
                        " because the token travels with every call."
                    )
                )

    @api.constrains("kgw_smsapi_sender")
    def _check_kgw_smsapi_sender(self):
        for company in self.sudo():  # as above
            if problem := sender_problem(company.kgw_smsapi_sender):
                raise ValidationError(
                    self.env._(
                        "The sender name “%(name)s” cannot be used: %(problem)s",
                        name=company.kgw_smsapi_sender,
                        problem=self._kgw_explain_sender_problem(problem),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._kgw_renew_smsapi_secret()  # as above
        return companies

    def _kgw_explain_sender_problem(self, code):
        """Return the sentence for a code of ``sender_problem``, in the user's language."""
        return {
            "too_long": self.env._("it has more than 11 characters."),
            "characters": self.env._(
                "only letters without diacritics, digits, dot, hyphen and space are allowed."
            ),
            "spaces": self.env._("it begins or ends with a space."),
            "no_letter": self.env._("it has no letter."),
            "digits": self.env._("it has four or more digits in a row."),
            "generic": self.env._("operators block such a general name."),
        }[code]

    def _get_sms_api_class(self):
        self.ensure_one()
        # sudo: whoever sends a message may not read the settings, but they decide.
        provider = self.sudo().kgw_sms_provider
        if provider == "smsapi":
            return SmsApiSmsapi
        if provider == "off":
            return SmsApiOff
        return super()._get_sms_api_class()

    def _kgw_get_smsapi_token(self):
        """Return the token of this company, else the server's, else ``""``.

        The server's comes from its configuration file or environment; so it need not be in
        the database. Never log what this returns.
        """
        self.ensure_one()
        return (
            self.kgw_smsapi_token
            or config.get(const.TOKEN_OPTION)
            or os.environ.get(const.TOKEN_VARIABLE)
            or ""
        )

    def _kgw_get_smsapi_report_url(self):
        """Return the address that SMSAPI is to call with delivery reports. It is a secret."""
        self.ensure_one()
        return f"{self.get_base_url()}{const.REPORT_PATH}{self.kgw_smsapi_secret}"

    @api.model
    def _kgw_find_by_smsapi_secret(self, secret):
        """Return the company that ``secret`` belongs to; compares all, in constant time."""
        given = secret.encode()
        found = self.browse()
        for company in self.search([("kgw_smsapi_secret", "!=", False)]):
            if hmac.compare_digest(company.kgw_smsapi_secret.encode(), given):
                found = company
        return found

    def _kgw_renew_smsapi_secret(self):
        """Give each company a new secret; reports on messages already sent will be refused."""
        for company in self:
            company.kgw_smsapi_secret = _new_secret()

    @api.model
    def _cron_kgw_ask_smsapi_points(self):
        """Ask for the balance of every company that sends through SMSAPI.

        One that does not answer keeps its old figure, whose age tells it.
        """
        now = fields.Datetime.now()
        for company in self.search([("kgw_sms_provider", "=", "smsapi")]):
            try:
                company._kgw_ask_smsapi_points(now)
            except UserError:
                _logger.warning("SMSAPI did not tell the points of company %s", company.id)
            self.env["ir.cron"]._commit_progress(1)

    def _kgw_ask_smsapi_points(self, now):
        """Store the points left on this company's account and return them.

        :param now: the moment of the question, naive UTC
        :raise UserError: as :meth:`_kgw_get_smsapi_points`
        """
        points = self._kgw_get_smsapi_points()
        self.write({"kgw_smsapi_points": points, "kgw_smsapi_points_at": now})
        return points

    def _kgw_get_smsapi_points(self):
        """Ask SMSAPI for the points left on this company's account (float).

        :raise UserError: no token, or the gateway does not answer as it should
        """
        self.ensure_one()
        token = self._kgw_get_smsapi_token()
        if not token:
            raise UserError(self.env._("Enter the SMSAPI token and save the settings first."))
        try:
            with SmsapiClient(self.kgw_smsapi_base_url, token) as client:
                return client.get_points()
        except GatewayRefusal as refusal:
            raise UserError(
                self.env._(
                    "SMSAPI refused the question (error %(code)s). Check the token, its rights"
                    " to the account profile and the IP addresses that the account allows.",
                    code=refusal.code,
                )
            ) from None
        except SmsapiError:
            raise UserError(
                self.env._(
                    "SMSAPI did not give a usable answer. Check the address and this server's"
                    " way to the internet, then try again."
                )
            ) from None


def _new_secret():
    return secrets.token_urlsafe(32)


def _is_safe_address(url):
    try:
        address = urlsplit(url or "")
        is_server = bool(address.hostname) and address.port != 0  # no port number: ValueError
    except ValueError:
        return False
    is_bare = not (address.path.strip("/") or address.query or address.fragment)
    is_secret = address.scheme == "https" or (
        address.scheme == "http" and address.hostname in LOOPBACK_HOSTS
    )
    return is_server and is_bare and is_secret and "@" not in address.netloc
