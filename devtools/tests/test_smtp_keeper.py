"""Tests of the keeping SMTP server, over real SMTP."""

import smtplib
import subprocess
import sys
import tempfile
import unittest
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from devtools.demo import answers, wait_until
from devtools.smtp_keeper import readable
from devtools.workspace import free_port


class TestSmtpKeeper(unittest.TestCase):
    def test_message_is_kept_with_its_envelope(self):
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            command = [
                sys.executable,
                "-m",
                "devtools.smtp_keeper",
                "--port",
                str(port),
                "--store",
                folder,
            ]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            wait_until(lambda: answers(port), process, "no log")
            message = EmailMessage()
            message["Subject"] = "Zażółć"
            message.set_content("gęślą jaźń")
            with smtplib.SMTP("127.0.0.1", port) as client:
                client.send_message(message, "bounce@a.example", ["jan@b.example"])
            (kept,) = Path(folder).glob("*.eml")
            read = message_from_bytes(kept.read_bytes(), policy=policy.default)
        self.assertEqual(kept.name, "00001-jan@b.example.eml")
        self.assertEqual(read["X-Keeper-Mail-From"], "bounce@a.example")
        self.assertEqual(read["Subject"], "Zażółć")
        self.assertEqual(read.get_content().strip(), "gęślą jaźń")

    def test_address_cannot_leave_the_store(self):
        self.assertNotIn("/", readable("../../x@y"))
