import io
import os
from base64 import b64decode
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

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
        """Write one picture in 256 colours, which pages of text and fields are content with."""
        content = io.BytesIO()
        image = Image.open(io.BytesIO(b64decode(data))).convert("RGB")
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
        url = f"{action}_scenario/{scenario.id}"
        self.walk(url, "kgw_pictures_scenario", "administrator", "scenario")
        self.assertEqual(len(scenario.step_ids), steps, "it was only looked at")
        self.walk("/odoo/monitoring-health", "kgw_pictures_health", "manager", "health")
        pages = "portal-overview", "portal-list", "portal-case"
        self.walk("/my/monitoring", "kgw_pictures_creditor", "krakbud", *pages)
