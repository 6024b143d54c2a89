"""The file of accounts: its form, and that a change counts at once."""

import os
import tempfile
import unittest

from lookalike.accounts import Account, AccountFile, parse


class Accounts(unittest.TestCase):
    def test_every_section_is_an_account(self):
        accounts = parse(
            "# comment\n[default]\naws_access_key_id = A1\naws_secret_access_key=s+/=%x\n"
            "[DEFAULT]\naws_access_key_id=A2\naws_secret_access_key=s2\naws_session_token = t=/+ \n"
            "expires = 2024-08-26T22:00:00Z\n[half]\naws_access_key_id=A3\n[role]\nrole_arn=arn:aws:iam::1:role/r\n"
        )
        self.assertEqual(accounts, {"A1": Account("A1", "s+/=%x"), "A2": Account("A2", "s2", "t=/+", 1724709600.0)})

    def test_expiry_is_a_unix_time_or_iso_8601(self):
        iso = ("2024-08-26T22:00:00Z", "2024-08-26T22:00:00", "2024-08-27T00:00:00+02:00")
        for text in ("1724709600", "1724709600.0", *iso):
            with self.subTest(text):
                section = f"[a]\naws_access_key_id=A\naws_secret_access_key=s\nexpires={text}\n"
                self.assertEqual(parse(section)["A"].expires, 1724709600.0)

    def test_a_rewritten_file_counts_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "credentials")
            accounts = AccountFile(path)
            for secret in ("one", "two", "six"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"[a]\naws_access_key_id=A\naws_secret_access_key={secret}\n")
                self.assertEqual(accounts("A"), Account("A", secret))
            self.assertIsNone(accounts("B"))
