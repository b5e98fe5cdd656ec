import jinja2
from markupsafe import Markup

from odoo.tests.common import BaseCase

from ..tools import text
from ..tools.text import SAMPLE_VALUES, TextError

# Ways out of a template that are known from public write-ups, and relatives of them. What runs
# prints CANARY or the representation of a Python object.
PAYLOADS = (
    "{{ 7*7 }}",
    "{{ 7*'7' }}",
    "{{ 10**10**10 }}",
    "{{ 'CANARY' * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'CANA' ~ 'RY' }}",
    "{{ [1, 2, 3] }}",
    "{{ {'a': 1} }}",
    "{{ (1, 2) }}",
    "{{ items }}",
    "{{ brand }}",
    "{{ items[0] }}",
    "{{ self }}",
    "{{ loop }}",
    "{{ config }}",
    "{{ request }}",
    "{{ env }}",
    "{{ env['res.users'] }}",
    "{{ context }}",
    "{{ object }}",
    "{{ user }}",
    "{{ caller }}",
    "{{ varargs }}",
    "{{ kwargs }}",
    "{{ range(5) }}",
    "{{ range(10**9)|list }}",
    "{{ dict(a=1) }}",
    "{{ lipsum }}",
    "{{ cycler }}",
    "{{ joiner }}",
    "{{ namespace(a=1).a }}",
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ brand.name.__class__ }}",
    "{{ brand['name']['__class__'] }}",
    "{{ items.__class__.__mro__ }}",
    "{{ items[0].__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__base__ }}",
    "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    "{{ ''|attr('__cla' ~ 'ss__') }}",
    "{{ ''|attr(['__class', '__']|join) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self._TemplateReference__context.cycler.__init__.__globals__.os }}",
    "{{ cycler.__init__.__globals__.os.path.basename('/CANARY') }}",
    "{{ joiner.__init__.__globals__.os.path.basename('/CANARY') }}",
    "{{ namespace.__init__.__globals__.os.path.basename('/CANARY') }}",
    "{{ lipsum.__globals__['os'].path.basename('/CANARY') }}",
    "{{ lipsum.__globals__.__builtins__.open('/etc/hostname').__class__ }}",
    "{{ brand.__init__.__globals__ }}",
    "{{ brand.items() }}",
    "{{ brand.keys() }}",
    "{{ brand.pop('name') }}",
    "{{ brand.update({'name': 'CANARY'}) }}{{ brand.name }}",
    "{{ items.append('CANARY') }}{{ items }}",
    "{{ items.clear() }}",
    "{{ brand.name.upper() }}",
    "{{ brand.name.upper }}",
    "{{ brand.name.format(1) }}",
    "{{ '{0.__class__}'.format(brand) }}",
    "{{ '{x.__class__}'.format_map({'x': brand}) }}",
    "{{ '%s'|format(brand) }}",
    "{{ brand|string }}",
    "{{ brand|pprint }}",
    "{{ brand|tojson }}",
    "{{ items|list }}",
    "{{ brand.name|map('upper') }}",
    "{{ items|map(attribute='__class__')|list }}",
    "{{ items|groupby('__class__') }}",
    "{{ items|sum(start=brand) }}",
    "{{ brand.name|safe }}",
    "{{ brand.name|forceescape }}",
    "{{ brand.name|center(1000000000) }}",
    "{{ brand|xmlattr }}",
    "{{ brand.name|replace('', 'CANARY') }}",
    "{{ items|batch(1000000000, 'x')|list }}",
    "{% set x = 'CANARY' %}{{ x }}",
    "{% set ns = namespace() %}",
    "{% include 'x' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import popen %}",
    "{% extends 'x' %}",
    "{% block a %}CANARY{% endblock %}",
    "{% macro m() %}CANARY{% endmacro %}{{ m() }}",
    "{% call brand.items() %}{% endcall %}",
    "{% filter upper %}canary{% endfilter %}",
    "{% with a = 'CANARY' %}{{ a }}{% endwith %}",
    "{% do items.append(1) %}",
    "{% autoescape false %}CANARY{% endautoescape %}",
    "{% for a in items recursive %}{% endfor %}",
    "{% for a in items %}{% for b in items %}CANARY{% endfor %}{% endfor %}",
    "{% for k, v in brand.items() %}{{ k }}{% endfor %}",
    "{% for c in ().__class__ %}{% endfor %}",
    "{% if ''.__class__ %}CANARY{% endif %}",
    "{{ 'CANARY' if ''.__class__ is defined }}",
    "{{ x if (x := 'CANARY') }}",
    "{{ items[0:1] }}",
    "{{ items[total] }}",
    "{{ -1 }}",
)
RAN = ("CANARY", "<class", "<bound", "<built-in", "<function", "{'", "[{")


def _values(**changes):
    return {**SAMPLE_VALUES, **changes}


class TestTextSandbox(BaseCase):
    def test_payload_in_a_text_is_refused(self):
        self.assertGreaterEqual(len(set(PAYLOADS)), 60)
        for payload in PAYLOADS:
            for render in (text.render_html, text.render_plain):
                with self.subTest(payload=payload), self.assertRaises(TextError):
                    render(payload, SAMPLE_VALUES)

    def test_payload_past_the_grammar_reaches_nothing(self):
        """The look-ups, the values and Jinja2's sandbox hold without the first fence."""
        for payload in PAYLOADS:
            if "0000000" in payload or "10**" in payload:
                continue  # cost is bounded by the grammar alone, power and repetition among it
            with self.subTest(payload=payload):
                written = self._run(text._HTML, payload)
                self.assertNotIn("<class", written)
                self.assertNotIn("&lt;class", written)
                self.assertFalse("basename" in payload and "CANARY" in written)

    def test_same_payloads_run_without_our_fences(self):
        """The list is alive: an ordinary environment runs a good part of it."""
        open_environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        harmless = [p for p in PAYLOADS if "0000000" not in p and "10**" not in p]
        ran = [p for p in harmless if any(sign in self._run(open_environment, p) for sign in RAN)]
        self.assertGreater(len(ran), 25)

    def _run(self, environment, payload):
        values = _values(brand=dict(SAMPLE_VALUES["brand"]), items=[{"number": "1"}])
        try:
            return environment.from_string(payload).render(values)
        except (jinja2.TemplateError, TypeError, AttributeError, KeyError, ValueError):
            return ""

    def test_payload_in_a_value_stays_a_word(self):
        for payload in PAYLOADS:
            brand = dict(SAMPLE_VALUES["brand"], name=payload)
            with self.subTest(payload=payload):
                written = text.render_plain("{{ brand.name }}", _values(brand=brand))
                self.assertEqual(written, payload)

    def test_html_in_a_value_is_escaped_in_html_and_kept_in_plain_text(self):
        values = _values(total="<script>alert('1')</script> & Syn")
        written = text.render_html("<b>{{ total }}</b>", values)
        self.assertEqual(
            written,
            "<b>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; Syn</b>",
        )
        self.assertIsInstance(written, Markup)
        written = text.render_plain("{{ total }}", values)
        self.assertEqual(written, "<script>alert('1')</script> & Syn")

    def test_value_that_is_no_string_is_refused(self):
        class Record:
            name = "x"

        wrong = (
            1,
            None,
            True,
            b"x",
            ("x",),
            {"x"},
            ["x"],
            [["x"]],
            [{"x": 1}],
            {"x": Record()},
            {"x": ["y"]},
            Record(),
            Markup("<b>"),
            [{"x": Markup("<b>")}],
            lambda: "x",
            {1: "x"},
        )
        for value in wrong:
            with self.subTest(value=value), self.assertRaises(TypeError):
                text.render_html("{{ today }}", _values(today=value))

    def test_text_can_not_change_its_values(self):
        before = repr(SAMPLE_VALUES)
        source = "{% for item in items %}{{ item.number|upper }}{% endfor %}"
        text.render_html(source, SAMPLE_VALUES)
        self.assertEqual(repr(SAMPLE_VALUES), before)


class TestTextErrors(BaseCase):
    def assertError(self, code, line, source, named=""):
        with self.assertRaises(TextError) as caught:
            text.render_html(source, SAMPLE_VALUES)
        error = caught.exception
        self.assertEqual((error.code, error.line), (code, line), source)
        self.assertIn(named, error.detail)
        self.assertIn(named, str(error))

    def test_error_names_line_and_variable(self):
        self.assertError("undefined", 2, "a\n{{ brnd.name }}", "brnd")
        self.assertError("undefined", 3, "a\n\n{{ brand.nmae }}", "nmae")
        self.assertError("undefined", 2, "{% for item in items %}\n{{ item.nr }}{% endfor %}", "nr")
        self.assertError("undefined", 1, "{{ items[7].number }}", "7")
        self.assertError("syntax", 3, "a\n{% if total %}\nb", "if")
        self.assertError("syntax", 1, "{{ total", "end of")
        self.assertError("forbidden", 2, "a\n{{ total|safe }}", "safe")
        self.assertError("forbidden", 1, "{{ total.upper() }}", "call")
        self.assertError("failed", 1, "{{ items|length > total }}")
        self.assertError("failed", 2, "\n{{ items }}")

    def test_text_nested_or_long_beyond_reason_is_refused_at_once(self):
        self.assertError("size", 0, "x" * (text.MAX_SOURCE + 1))
        self.assertError("syntax", 0, "{{ " + "(" * 20_000)
        self.assertError("syntax", 0, "{% if total %}" * 2_000 + "{% endif %}" * 2_000)

    def test_result_too_long_stops_being_written(self):
        rows = [{"number": "x" * 1_000}] * 2_000
        source = "{% for item in items %}{{ item.number }}{% endfor %}"
        with self.assertRaises(TextError) as caught:
            text.render_plain(source, _values(items=rows))
        self.assertEqual(caught.exception.code, "size")
        self.assertEqual(len(text.render_plain(source, _values(items=rows[:900]))), 900_000)


class TestTextLanguage(BaseCase):
    def test_conditions_loops_and_counters_work(self):
        source = (
            "{% if items|length > 1 %}{% for item in items %}{{ loop.index }}. {{ item.number }}"
            "{% if not loop.last %}, {% endif %}{% endfor %}{% elif total %}{{ total|trim }}"
            "{% else %}-{% endif %} {{ brand.website or 'brak' }} {{ items[0].number if items }}"
        )
        rows = [{"number": "A"}, {"number": "B"}]
        brand = dict(SAMPLE_VALUES["brand"], website="")
        written = text.render_plain(source, _values(items=rows, brand=brand))
        self.assertEqual(written, "1. A, 2. B brak A")

    def test_block_on_a_line_of_its_own_leaves_no_line(self):
        source = "a\n{% if total %}\nb\n{% endif %}\nc\n"
        self.assertEqual(text.render_plain(source, SAMPLE_VALUES), "a\nb\nc")

    def test_lists_inside_a_group_can_be_walked(self):
        source = "{% for row in counterparty.address_lines %}{{ row.line }};{% endfor %}"
        self.assertEqual(
            text.render_plain(source, SAMPLE_VALUES),
            "ul. Jaśminowa 3 lok. 12;30-001 Kraków;",
        )

    def test_text_is_compiled_once(self):
        source = "{{ total }} compiled once"
        text.render_html(source, SAMPLE_VALUES)
        before = text._compile.cache_info()
        text.render_html(source, SAMPLE_VALUES)
        after = text._compile.cache_info()
        self.assertEqual((after.hits, after.misses), (before.hits + 1, before.misses))

    def test_unknown_names_are_listed(self):
        source = (
            "{{ total }}{{ nowhere }}{{ brand.nmae }}{{ items[0].nr }}{{ brand.name }}"
            "{% for item in items %}{{ item.number }}{{ item.nope }}{{ loop.index }}{% endfor %}"
            "{% if false %}{{ hidden.deep }}{% endif %}"
        )
        self.assertEqual(
            text.validate(source),
            ["brand.nmae", "hidden", "item.nope", "items[…].nr", "nowhere"],
        )

    def test_check_finds_an_unknown_name_in_a_branch_not_taken(self):
        text.check("{% if is_consumer %}{{ today }}{% endif %}")
        with self.assertRaises(TextError) as caught:
            text.check("{% if is_consumer %}\n{{ tody }}{% endif %}")
        self.assertEqual((caught.exception.code, caught.exception.line), ("unknown", 2))
