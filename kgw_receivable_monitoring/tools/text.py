"""The words of a contact: Jinja2 cut down to what a letter needs.

A text is written by an administrator and filled with other people's data, so neither is trusted.
Four fences, each of which holds alone:

1. grammar: variables, conditions, one level of loops and a few filters; no calls, no arithmetic,
   no assignments, so that neither code nor a loop of doublings can be written at all;
2. values: strings, lists and dictionaries of strings, by exact type; nothing has a method that
   leads anywhere, and ``Markup`` can't carry unescaped HTML in;
3. look-ups: only keys of dictionaries, numbers of lists and the counters of a loop;
4. Jinja2's own immutable sandbox without globals.

Cost is bounded by them: one loop level makes it linear in the source times the longest list.
"""

from functools import lru_cache

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from . import words
from .text_samples import SAMPLE_VALUES

# Ten times the longest text that we ship; a full one compiles in half a second.
MAX_SOURCE = 60_000
# Some 250 printed pages; nobody reads more, and a mail server refuses it.
MAX_OUTPUT = 1_000_000
# Compiled texts kept in a process: templates × languages × subject and body, with room to spare.
CACHE_SIZE = 512

FILTERS = ("capitalize", "count", "length", "lower", "trim", "upper")
LOOP_COUNTERS = ("first", "index", "index0", "last", "length", "revindex")
NODES = frozenset(
    (
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.For,
        nodes.If,
        nodes.Name,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Const,
        nodes.CondExpr,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Compare,
        nodes.Operand,
        nodes.Filter,
    )
)

_UNREADABLE = "The text is nested too deeply, or a number in it is too long"


class TextError(Exception):
    """A text can't be written.

    :param code: ``size``, ``syntax``, ``forbidden``, ``unknown``, ``undefined``, ``failed``
    :param line: line of the source, counted from 1; 0 when it is about the whole text
    :param detail: English sentence that names the variable or the construction
    """

    def __init__(self, code, line, detail):
        super().__init__(f"{detail} (line {line})" if line else detail)
        self.code = code
        self.line = line
        self.detail = detail


class _Environment(ImmutableSandboxedEnvironment):
    """Looks up keys, positions and loop counters; an object's attributes do not exist."""

    def __init__(self, autoescape):
        super().__init__(
            autoescape=autoescape,
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals.clear()
        self.tests.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}

    def getattr(self, obj, attribute):
        if isinstance(obj, LoopContext) and attribute in LOOP_COUNTERS:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj, argument):
        if isinstance(obj, StrictUndefined):
            str(obj)  # raises, and names what is missing better than its missing part would
        if type(obj) is dict and argument in obj:
            return obj[argument]
        if type(obj) is list and type(argument) is int and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)


def _finalize(value):
    """Let only text and counters onto paper: no list, no object."""
    if isinstance(value, (str, int, StrictUndefined)):
        return value
    raise SecurityError("a list or a group of values can't be printed: name one value in it")


_HTML = _Environment(autoescape=True)
_PLAIN = _Environment(autoescape=False)


def render_html(source, values):
    """Return the HTML written by ``source`` with ``values``, every value escaped.

    :param values: strings, dictionaries, lists of dictionaries, as in :data:`SAMPLE_VALUES`
    :raise TextError: the source is wrong or uses what is not there
    :raise TypeError: a value is of another type
    """
    return Markup(_render(_HTML, source, values))


def render_plain(source, values):
    """Return the plain text written by ``source``; for SMS, subjects and call scripts.

    Raises as :func:`render_html`. Line breaks inside a value stay: who writes a header joins them.
    """
    return _render(_PLAIN, source, values).strip()


def check(source, values=None):
    """Raise :class:`TextError` unless ``source`` knows the contract and renders with ``values``."""
    for line, path in _find_unknown(_parse(source)):
        raise TextError("unknown", line, f"There is no variable “{path}”")
    _render(_HTML, source, SAMPLE_VALUES if values is None else values)


def validate(source):
    """Return the sorted names that ``source`` uses and the contract does not have.

    :raise TextError: the source can't be read at all
    """
    return sorted({path for _line, path in _find_unknown(_parse(source))})


def _parse(source):
    """Return the syntax tree of ``source``, checked against our grammar."""
    if len(source) > MAX_SOURCE:
        raise TextError("size", 0, f"The text is longer than {MAX_SOURCE} characters")
    try:
        tree = _HTML.parse(source)
        _check_grammar(tree, in_loop=False)
    except TemplateSyntaxError as error:
        raise TextError("syntax", error.lineno, error.message) from error
    except (RecursionError, MemoryError, ValueError) as error:
        raise TextError("syntax", 0, _UNREADABLE) from error
    return tree


def _check_grammar(node, in_loop):
    if type(node) not in NODES or not _is_plain(node, in_loop):
        raise TextError("forbidden", node.lineno, f"“{_name(node)}” can't be used here")
    in_loop = in_loop or isinstance(node, nodes.For)
    for child in node.iter_child_nodes():
        _check_grammar(child, in_loop)


def _is_plain(node, in_loop):
    """Tell whether an allowed kind of node is used in the one way that we allow."""
    match node:
        case nodes.For():
            return not in_loop and not node.recursive and isinstance(node.target, nodes.Name)
        case nodes.Filter():
            return node.name in FILTERS and bool(node.node) and not (node.args or node.kwargs)
        case nodes.Getattr():
            return not node.attr.startswith("_")
        case nodes.Getitem():
            return isinstance(node.arg, nodes.Const) and type(node.arg.value) in (int, str)
        case nodes.Name():
            return not node.name.startswith("_") and node.name != "self"
    return True


def _name(node):
    """Return how an administrator would call ``node``."""
    if isinstance(node, nodes.Getitem):
        return f"{_name(node.node)}[…]"
    names = (getattr(node, field, None) for field in ("name", "attr"))
    return next((n for n in names if isinstance(n, str)), type(node).__name__.lower())


def _find_unknown(tree):
    """Yield (line, path) of what ``tree`` reads and :data:`SAMPLE_VALUES` does not have."""
    loops = {
        loop.target.name: SAMPLE_VALUES[loop.iter.name][0]
        for loop in tree.find_all(nodes.For)
        if isinstance(loop.iter, nodes.Name) and type(SAMPLE_VALUES.get(loop.iter.name)) is list
    }
    undeclared = meta.find_undeclared_variables(tree) - SAMPLE_VALUES.keys()
    for name in tree.find_all(nodes.Name):
        if name.name in undeclared:
            yield name.lineno, name.name
    for look_up in tree.find_all(nodes.Getattr):
        known = _known_keys(look_up.node, loops)
        if known is not None and look_up.attr not in known:
            yield look_up.lineno, f"{_name(look_up.node)}.{look_up.attr}"


def _known_keys(node, loops):
    """Return the keys of the dictionary that ``node`` names, or None when it names none of ours."""
    if isinstance(node, nodes.Getitem):
        rows = SAMPLE_VALUES.get(getattr(node.node, "name", None))
        return rows[0] if type(rows) is list else None
    value = loops.get(getattr(node, "name", None), SAMPLE_VALUES.get(getattr(node, "name", None)))
    return value if type(value) is dict else None


@lru_cache(maxsize=CACHE_SIZE)
def _compile(environment, source):
    """Return the compiled ``source``; a changed text is another key, so nothing grows stale."""
    try:
        return environment.from_string(_parse(source))
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise TextError("syntax", 0, _UNREADABLE) from error


def _render(environment, source, values):
    _check_values(values)
    template = _compile(environment, source)
    try:
        return words.one_stop(_join(template.generate(values)))
    except UndefinedError as error:
        raise TextError("undefined", _line_of(error), error.message) from error
    except (SecurityError, TypeError) as error:
        raise TextError("failed", _line_of(error), str(error)) from error


def _join(chunks):
    """Return the chunks as one string, and stop writing as soon as they are too long."""
    written, length = [], 0
    for chunk in chunks:
        length += len(chunk)
        if length > MAX_OUTPUT:
            raise TextError("size", 0, f"The result is longer than {MAX_OUTPUT} characters")
        written.append(chunk)
    return "".join(written)


def _line_of(error):
    """Return the line of the source where ``error`` arose; Jinja2 puts it into the traceback."""
    line, traceback = 0, error.__traceback__
    while traceback:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _check_values(values):
    for name, value in values.items():
        if type(name) is not str:
            raise TypeError(f"{name!r} must be a string to be the name of a value")
        _check_value(name, value)


def _check_value(name, value):
    if type(value) is dict:
        _check_values(value)
    elif type(value) is list and all(type(row) is dict for row in value):
        for row in value:
            _check_values(row)
    elif type(value) is not str:
        raise TypeError(f"“{name}” must be a string or list of dictionaries, not {type(value)}")
