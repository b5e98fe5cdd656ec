from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..tools import gsm

POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
ALPHABET = "".join(sorted(gsm.BASIC | gsm.EXTENSION)) + POLISH + "„”–…€\u00a0ěščßўй😀漢e\u0301"
texts = st.text(st.sampled_from(ALPHABET), max_size=700) | st.text(max_size=200)
unhurried = settings(deadline=None, database=None, derandomize=True, max_examples=300)


class TestGsm(BaseCase):
    def test_lengths_at_the_edges_give_the_parts_of_the_operators(self):
        cases = [("a", 160, 1), ("a", 161, 2), ("a", 306, 2), ("a", 307, 3), ("a", 918, 6)]
        cases += [("ą", 70, 1), ("ą", 71, 2), ("ą", 134, 2), ("ą", 135, 3), ("ą", 402, 6)]
        cases += [("€", 80, 1), ("€", 81, 2), ("😀", 35, 1), ("😀", 36, 2)]
        for char, count, expected in cases:
            with self.subTest(char=char, count=count):
                self.assertEqual(gsm.parts(char * count), expected)
        self.assertEqual(gsm.parts(""), 0)

    def test_pair_at_the_end_of_a_part_moves_to_the_next_part(self):
        text = "a" * 152 + "€" + "a" * 152  # 306 septets, but the escape may not be cut off
        self.assertEqual(gsm.parts(text), 3)
        self.assertEqual(gsm.parts("a" * 151 + "€" + "a" * 153), 2)

    def test_each_polish_letter_is_outside_gsm_and_has_a_plain_letter(self):
        for char in POLISH:
            with self.subTest(char=char):
                self.assertFalse(gsm.is_gsm7(char))
        self.assertEqual(gsm.strip_diacritics(POLISH), "acelnoszzACELNOSZZ")

    def test_letters_that_the_network_has_are_left_alone(self):
        self.assertEqual(gsm.strip_diacritics("Müller, à 5 € [ñ]"), "Müller, à 5 € [ñ]")

    def test_decomposed_letters_and_print_characters_become_plain(self):
        text = "„Z\u0301ro\u0301dło” – 1\u00a0000 zł… q\u0301"
        self.assertEqual(gsm.strip_diacritics(text), '"Zrodlo" - 1 000 zl... q')

    def test_other_scripts_are_kept(self):
        self.assertEqual(gsm.strip_diacritics("Київ й 😀"), "Київ й 😀")

    @unhurried
    @given(texts)
    def test_stripping_twice_is_stripping_once(self, text):
        once = gsm.strip_diacritics(text)
        self.assertEqual(gsm.strip_diacritics(once), once)

    @unhurried
    @given(st.text(st.sampled_from(POLISH + "Aa 1.,"), max_size=400))
    def test_stripped_polish_text_never_needs_more_parts(self, text):
        stripped = gsm.strip_diacritics(text)
        self.assertTrue(gsm.is_gsm7(stripped))
        self.assertEqual(len(stripped), len(text))
        self.assertLessEqual(gsm.parts(stripped), gsm.parts(text))

    @unhurried
    @given(texts, texts)
    def test_longer_text_never_needs_fewer_parts(self, text, more):
        self.assertLessEqual(gsm.parts(text), gsm.parts(text + more))

    @unhurried
    @given(texts)
    def test_parts_are_the_plain_division_or_little_more(self, text):
        limits = (160, 153, "gsm") if gsm.is_gsm7(text) else (70, 67, "ucs2")
        units = _count_units(text, limits[2])
        plain = -(-units // limits[0]) if units <= limits[0] else -(-units // limits[1])
        self.assertGreaterEqual(gsm.parts(text), plain)
        # Each part loses at most one unit to a pair that may not be cut.
        self.assertLessEqual(gsm.parts(text), max(plain, -(-units // (limits[1] - 1))))


def _count_units(text, alphabet):
    if alphabet == "gsm":
        return len(text) + sum(text.count(char) for char in "\f^{}\\[~]|€")
    return len(text.encode("utf-16-be", "surrogatepass")) // 2
