import logging
import smtplib
from datetime import timedelta

from cryptography import x509

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.health import Check, day, listed, number, when
from ..tools.notice import notice

_logger = logging.getLogger(__name__)

REMINDERS = "kgw_receivable_monitoring.action_kgw_reminder"
BRANDS = "kgw_receivable_monitoring.action_kgw_brand"
MAIL_SERVERS = "base.action_ir_mail_server_list"
SETTINGS = "kgw_receivable_monitoring.action_kgw_settings"
# The balance is asked once a day; an answer older than this says that asking fails.
BALANCE_AGE = timedelta(days=2)
BOUNCE_DAYS = 7
# Shares of messages that do not arrive, and from how many messages on they say anything.
BOUNCE_WARNING, BOUNCE_ALARM, BOUNCE_LEAST = 0.05, 0.15, 20


class KgwCheckGateway(models.AbstractModel):
    """Checks of the ways out: mail servers, SMS gateways, and whether messages arrive."""

    _name = "kgw.check.gateway"
    _description = "Checks: Gateways"

    # === E-MAIL === #

    def _get_mail_servers_sudo(self):
        # Only the system may read mail servers, because of their passwords; shown are the names.
        return self.env["ir.mail_server"].sudo().search([("active", "=", True)])

    def _check_mail_servers(self, now):
        servers_sudo = self._get_mail_servers_sudo()
        if not servers_sudo:
            return Check(
                "mail_servers",
                "alarm",
                self.env._("No outgoing mail server is set up."),
                self.env._("Enter the server through which the brands send their e-mails."),
                self.env._("Mail Servers"),
                (MAIL_SERVERS, []),
            )
        return Check(
            "mail_servers",
            "ok",
            self.env._("Set up: %s", listed(servers_sudo.mapped("name"))),
            self.env._("Whether they answer is asked when you press the button."),
            self.env._("Test the Connections"),
            does="_test_mail_servers",
        )

    def _test_mail_servers(self):
        """Connect to every mail server, send nothing, and tell how each answered."""
        lines, kind = [], "success"
        for server_sudo in self._get_mail_servers_sudo():
            try:
                lines.append(self._ask_mail_server(server_sudo))
            except (UserError, OSError, smtplib.SMTPException) as error:
                # What the server said may quote addresses: the kind of failure is enough here.
                _logger.info("Mail server %s: %s", server_sudo.id, type(error).__name__)
                kind = "danger"
                failure = self.env._("does not answer (%s)", type(error).__name__)
                lines.append(f"{server_sudo.name}: {failure}")
        return notice(" · ".join(lines), kind, sticky=True)

    def _ask_mail_server(self, server_sudo):
        """Connect as for sending, and return what is known then, also of its certificate."""
        session = server_sudo._connect__(mail_server_id=server_sudo.id)
        certificate = getattr(session.sock, "getpeercert", lambda **_kwargs: None)(binary_form=True)
        session.quit()
        if not certificate:
            return self.env._("%s: answers, without a certificate", server_sudo.name)
        last = x509.load_der_x509_certificate(certificate).not_valid_after_utc.date()
        return self.env._(
            "%(server)s: answers, certificate valid through %(last)s",
            server=server_sudo.name,
            last=day(self.env, last),
        )

    def _check_certificates(self, now):
        return Check(
            "certificates",
            "unknown",
            self.env._(
                "Odoo sees the mail servers' certificates only when it connects, and never the one"
                " with which this site answers."
            ),
            self.env._(
                "The button connects and tells the last day of each. Watch this site's certificate"
                " where it is kept, on the proxy."
            ),
            self.env._("Test the Connections"),
            does="_test_mail_servers",
        )

    # === SMS === #

    def _get_sms_mandates(self):
        """Return the active mandates whose scenarios send SMS."""
        active = self.env["kgw.mandate"].search([("state", "=", "active")])
        return active.filtered(
            lambda m: m.scenario_ids.scenario_id.step_ids.filtered(
                lambda s: "sms" in (s.channel, s.fallback_channel)
            )
        )

    def _get_sms_companies_sudo(self):
        # Only the system may read a gateway's settings; shown are its kind and its balance.
        return self._get_sms_mandates().company_id.sudo()

    def _check_sms_provider(self, now):
        lines, level = [], "ok"
        for company_sudo in self._get_sms_companies_sudo():
            problem, text = self._describe_sms_provider(company_sudo)
            lines.append(f"{company_sudo.name}: {text}")
            level = "alarm" if problem else level
        return Check(
            "sms_provider",
            level,
            listed(lines) or self.env._("No active mandate sends SMS."),
            self.env._(
                "Choose the provider of text messages in the settings of the company, enter its token"
                " and press Check the account."
            ),
            self.env._("Settings"),
            (SETTINGS, []),
        )

    def _describe_sms_provider(self, company_sudo):
        """Return ``(is a problem, words)``; the fields are those of ``kgw_sms_smsapi``."""
        provider = self._get_sms_provider(company_sudo)
        if provider == "off":
            return True, self.env._("text messages are switched off")
        if provider != "smsapi":
            return False, self.env._("through Odoo, whose balance is not known here")
        if not company_sudo._kgw_get_smsapi_token():
            return True, self.env._("SMSAPI, but without a token")
        return False, "SMSAPI"

    def _get_sms_provider(self, company_sudo):
        is_known = "kgw_sms_provider" in company_sudo._fields
        return company_sudo.kgw_sms_provider if is_known else "odoo"

    def _check_sms_balance(self, now):
        companies_sudo = self._get_sms_companies_sudo()
        found = [
            self._judge_balance(company_sudo, now)
            for company_sudo in companies_sudo
            if self._get_sms_provider(company_sudo) == "smsapi"
        ]
        levels = {level for level, _line in found}
        return Check(
            "sms_balance",
            next((level for level in ("alarm", "warning") if level in levels), "ok")
            if found
            else "unknown",
            listed(line for _level, line in found)
            or self.env._("No company that sends SMS uses a gateway which tells its balance."),
            self.env._(
                "Buy points at the gateway, then press Check the account in the settings. The balance"
                " is asked once a day."
            ),
            self.env._("Settings"),
            (SETTINGS, []),
        )

    def _judge_balance(self, company_sudo, now):
        """Return ``(level, line)`` on the stored balance of one company."""
        asked_at = company_sudo.kgw_smsapi_points_at
        if not asked_at:
            return "warning", self.env._("%s: not asked yet", company_sudo.name)
        line = self.env._(
            "%(company)s: points %(points)s (low below %(low)s), asked %(asked)s",
            company=company_sudo.name,
            points=number(self.env, company_sudo.kgw_smsapi_points, 2),
            low=number(self.env, company_sudo.kgw_smsapi_low_points, 0),
            asked=when(self.env, asked_at),
        )
        if company_sudo.kgw_smsapi_points < company_sudo.kgw_smsapi_low_points:
            return "alarm", line
        return ("warning" if now - asked_at > BALANCE_AGE else "ok"), line

    def _check_senders(self, now):
        mandates = self._get_sms_mandates()
        brands = mandates.brand_before_id | mandates.brand_after_id
        missing = brands.filtered(lambda b: not b.sms_sender or not b.sms_sender_approved)
        domain = [("id", "in", missing.ids)]
        return Check(
            "senders",
            "warning" if missing else "ok",
            self.env._("Without an approved sender: %s", listed(missing.mapped("name")))
            if missing
            else self.env._("Every brand that sends SMS has an approved sender."),
            self.env._(
                "Let the operator approve the sender name, then tick it on the brand. Until then its"
                " SMS go by the other channel of the step, or not at all."
            ),
            self.env._("Brands"),
            (BRANDS, domain),
        )

    # === ARRIVAL === #

    def _check_bounces(self, now):
        domain = [
            ("state", "in", ("undelivered", "dead")),
            ("channel", "in", ("email", "sms")),
            ("state_at", ">=", now - timedelta(days=BOUNCE_DAYS)),
        ]
        rows = self.env.execute_query(self._get_bounce_query(now))
        labels = dict(self.env["kgw.reminder"]._fields["channel"]._description_selection(self.env))
        lines = [
            self.env._(
                "%(brand)s, %(channel)s: %(lost)s of %(count)s (%(share)s%%)",
                brand=brand,
                channel=labels[channel],
                lost=lost,
                count=count,
                share=number(self.env, 100 * lost / count, 1),
            )
            for brand, channel, lost, count in rows
        ]
        worst = max((row[2] / row[3] for row in rows if row[3] >= BOUNCE_LEAST), default=0)
        return Check(
            "bounces",
            "alarm" if worst > BOUNCE_ALARM else "warning" if worst > BOUNCE_WARNING else "ok",
            listed(lines) or self.env._("No e-mail and no SMS in the last 7 days."),
            self.env._(
                "Not arrived or given up, of all sent in the last 7 days. Look at what the gateways"
                " say; ask the creditor for better addresses, the operator about the sender."
            ),
            self.env._("Not Delivered"),
            (REMINDERS, domain),
        )

    def _get_bounce_query(self, now):
        """Return ``(brand, channel, not arrived, all)`` of the last days, the worst first."""
        self.env["kgw.reminder"].flush_model()
        return SQL(
            """
            SELECT b.name, r.channel, count(*) FILTER (WHERE r.state IN ('undelivered', 'dead')) AS lost,
                   count(*)
              FROM kgw_reminder r JOIN kgw_brand b ON b.id = r.brand_id
             WHERE r.state IN ('sent', 'delivered', 'undelivered', 'dead')
               AND r.channel IN ('email', 'sms') AND r.state_at >= %s
             GROUP BY b.id, r.channel
             ORDER BY count(*) FILTER (WHERE r.state IN ('undelivered', 'dead'))::numeric / count(*) DESC,
                      b.name, r.channel
        """,
            now - timedelta(days=BOUNCE_DAYS),
        )
