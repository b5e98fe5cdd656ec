import io
import os
import subprocess
from base64 import b64decode, b64encode
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from markupsafe import Markup
from PIL import Image

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..demo.story import Story
from ..models.kgw_channel import Outcome
from ..tools import pdf
from .common import MODULE

# A host that does not exist: a tour asks it for a picture (static/tests/tours/kgw_picture_tour.js).
DARKROOM = "http://pictures.invalid/"
# Where the pictures go (``./dev pictures``); without it the tours only walk.
FOLDER = os.environ.get("KGW_PICTURES")
LIMIT_BYTES = 200_000
# A file with a new invoice, one whose contact data are wrong, a changed one and one without amount.
FILE = """Nr faktury;Data wystawienia;Termin płatności;Kwota brutto;NIP;Nazwa kontrahenta;E-mail;Telefon
FV 301/11;{issued};{due};1 230,00;9991010026;Budowa Plus Wiśnicz sp. z o.o.;;
FV 302/11;{issued};{due};500,00;1234567890;Stolarnia Dębowa sp. z o.o.;biuro@@example;12
{known};{known_issued};{known_due};12 500,00;{nip};{name};;
FV 303/11;{issued};{due};;9991010026;Budowa Plus Wiśnicz sp. z o.o.;;
"""


class PictureCase(HttpCase):
    """Browser tours whose steps can have the page pictured: ``self.taken`` has the names."""

    browser_size = "1280x900"

    def setUp(self):
        super().setUp()
        self.taken, self.photographer = {}, None

    @contextmanager
    def allow_requests(self, browser=None, all_requests=False):
        self.photographer = browser or self.photographer
        with super().allow_requests(browser=browser, all_requests=all_requests):
            yield

    def fetch_proxy(self, url):
        """Take the picture that a page asks for; it asks until the picture is there."""
        if not url.startswith(DARKROOM):
            return super().fetch_proxy(url)
        name = url.removeprefix(DARKROOM)
        if name not in self.taken:
            self.taken[name] = None
            # Its answer comes to the same thread as this request: nothing may wait here for it.
            future = self.photographer.take_screenshot()
            future.add_done_callback(lambda done: self._keep(name, done.result()["data"]))
        return self.make_fetch_proxy_response("", 200 if self.taken[name] else 202)

    def _keep(self, name, data):
        """Write the picture that a browser took."""
        self._write(name, b64decode(data))

    def _write(self, name, data):
        """Write one picture in 256 colours, which pages of text and fields are content with."""
        content = io.BytesIO()
        image = Image.open(io.BytesIO(data)).convert("RGB")
        image.quantize(256).save(content, "PNG", optimize=True)
        self.taken[name] = content.getvalue()
        Path(FOLDER, f"{name}.png").write_bytes(self.taken[name])

    def walk(self, url, tour, login, *names):
        """Run a tour in which the pictures of these names are taken, if they are wanted."""
        self.start_tour(url, tour, login=login, cookies={"kgw_pictures": "1"} if FOLDER else None)
        if FOLDER:
            for name in names:
                self.assertLess(len(self.taken.get(name) or b""), LIMIT_BYTES, name)
                self.assertTrue(self.taken.get(name), name)


@tagged("post_install", "-at_install", "-standard", "long", "kgw", "kgw_http", "kgw_pictures")
class TestPictures(PictureCase):
    """The world of the demo, in a browser and in Polish: what README and guides show."""

    def setUp(self):
        super().setUp()
        for channel in ("email", "sms"):
            self.startPatcher(
                patch.object(
                    type(self.env[f"kgw.channel.{channel}"]),
                    "_send",
                    lambda _m, reminders: {r: Outcome("sent", "", "") for r in reminders},
                )
            )
        self.startPatcher(
            patch.object(
                type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: float("inf")
            )
        )
        # Drawing a letter takes half a second and has tests of its own.
        letters = type(self.env["kgw.channel.letter"])
        self.draw_letter = letters._draw
        self.startPatcher(patch.object(letters, "_draw", lambda *_a: b"%PDF-1.4 letter"))
        self.startPatcher(patch.object(pdf, "merge", lambda _files: b"%PDF-1.4 letters"))
        self.story = Story(self.env, until=date.today())
        self.story.create_world()
        self.story.run()
        self.env["ir.mail_server"].create({"name": "Poczta", "smtp_host": "poczta.invalid"})
        self.env["kgw.event"]._cron_seal()
        # What nothing runs here, the page of checks would call dead.
        crons = self.env["ir.cron"].search(
            [("ir_actions_server_id.model_id.model", "like", "kgw.")]
        )
        crons.lastcall = fields.Datetime.now()

    def test_people_of_the_demo_walk_through_their_pages(self):
        # Contact hours have tests of their own; the tours work at any hour and day.
        self.startPatcher(
            patch.object(
                type(self.env["kgw.kind"]), "_get_next_moment", lambda _kind, moment, *_a: moment
            )
        )
        action = f"/odoo/action-{MODULE}.action_kgw"
        self.walk(f"{action}_open_calls", "kgw_pictures_agent", "agent", "calls", "desk")
        self.walk(f"{action}_incoming", "kgw_pictures_incoming", "agent", "incoming")
        scenario = self.env.ref(f"{MODULE}.scenario_standard")
        steps = len(scenario.step_ids)
        self.walk_cases(action)
        url = f"{action}_scenario/{scenario.id}"
        self.walk(url, "kgw_pictures_scenario", "administrator", "scenario")
        self.assertEqual(len(scenario.step_ids), steps, "it was only looked at")
        self.walk("/odoo/monitoring-health", "kgw_pictures_health", "manager", "health")
        pages = "portal-overview", "portal-list", "portal-case"
        self.walk("/my/monitoring", "kgw_pictures_creditor", "krakbud", *pages)

    def walk_cases(self, action):
        """Picture a case with its explanation, its preview, a file handed over and a letter."""
        replied = self.env["kgw.hold"].search([("reason", "=", "reply")]).case_id[:1]
        url = f"{action}_case/{replied.id}"
        self.walk(url, "kgw_pictures_case", "agent", "case", "explanation")
        letters = self.env["kgw.reminder"].search([("channel", "=", "letter")])
        letter = max(letters, key=lambda r: len(r.line_ids))
        url = f"{action}_case/{letter.case_id.id}"
        self.walk(url, "kgw_pictures_preview", "manager", "preview")
        url = f"{action}_import/{self.hand_over().id}"
        self.walk(url, "kgw_pictures_import", "manager", "import")
        if FOLDER:
            self.picture_letter(letter)

    def hand_over(self):
        """Return the preview of a file of which a person has to look at some rows."""
        mandate, today = self.story.mandates["krakbud"], date.today()
        known = self.env["account.move"].search(
            [("kgw_mandate_id", "=", mandate.id), ("payment_state", "=", "not_paid")], limit=1
        )
        content = FILE.format(
            issued=f"{today:%d.%m.%Y}",
            due=f"{today + timedelta(days=14):%d.%m.%Y}",
            known=known.kgw_number,
            known_issued=f"{known.invoice_date:%d.%m.%Y}",
            known_due=f"{known.invoice_date_due:%d.%m.%Y}",
            nip=known.partner_id.vat or "",
            name=known.partner_id.name,
        )
        handed = self.env["kgw.import"].create(
            {
                "mandate_id": mandate.id,
                "content": "invoices",
                "filename": "faktury.csv",
                "file": b64encode(content.encode()),
            }
        )
        handed.with_context(lang="pl_PL")._preview(today)
        self.assertEqual(set(handed.line_ids.mapped("state")), {"new", "changed", "refused"})
        return handed

    def picture_letter(self, letter):
        """Picture the first page of a letter as it is printed."""
        values = self.env["kgw.text"]._get_values(letter, letter.state_at)
        content = {
            "subject": letter.subject,
            "body": Markup(letter.body),
            "recipient": letter.recipient,
        }
        document = self.draw_letter(self.env["kgw.channel.letter"], letter, content, values)
        paint = ["pdftoppm", "-png", "-r", "80", "-f", "1", "-l", "1", "-singlefile", "-"]
        painted = subprocess.run(paint, input=document, check=True, capture_output=True)
        self._write("letter", painted.stdout)
