"""Which of Odoo's tests run, and in which of the runs that go side by side."""

import ast

HTTP_BASES = {"HttpCase", "HttpCaseWithUserDemo", "HttpCaseWithUserPortal", "MockSMS", "SMSCommon"}


def parts(workspace, options):
    """Return the ``--test-tags`` of each run.

    The whole suite is shared by two: the first names its classes, the second takes all the rest,
    so that no test can fall between them.
    """
    tags = all_tags(workspace, options)
    if options.tags or options.fast:
        return [",".join(tags)]
    named = half(workspace)
    first = [*named, *(f"long{name}" for name in named if options.all)]
    return [",".join(first), ",".join([*tags, *(f"-{name}" for name in named)])]


def half(workspace):
    """Return the tags of classes with about half of the tests, sorted."""
    weights = {
        f"/{module.name}:{name}": sum(part.name.startswith("test_") for part in methods(node))
        for module in workspace.module_paths()
        for name, node in classes(module).items()
    }
    chosen, rest = [], 0
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        if not weights[name]:
            continue
        if sum(weights[one] for one in chosen) <= rest:
            chosen.append(name)
        else:
            rest += weights[name]
    return sorted(chosen)


def methods(node):
    """Return the methods of a class."""
    return [part for part in node.body if isinstance(part, ast.FunctionDef)]


def all_tags(workspace, options):
    """Return the ``--test-tags`` for the options, as a list."""
    modules = workspace.modules()
    tags = [options.tags] if options.tags else [f"/{module}" for module in modules]
    if options.fast:
        tags += [f"-/{module}:{name}" for module, name in http_classes(workspace)]
    if options.all and not options.tags:
        tags += [f"long/{module}" for module in modules]
    return tags


def classes(module):
    """Return the classes in a module's tests by name, as syntax trees."""
    return {
        node.name: node
        for path in sorted(module.glob("tests/*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }


def http_classes(workspace):
    """Return ``(module, class)`` of the tests that need Odoo's web server and assets."""
    found = []
    for module in workspace.module_paths():
        bases = {
            name: {ast.unparse(base).split(".")[-1] for base in node.bases}
            for name, node in classes(module).items()
        }
        found += [(module.name, name) for name in closure(bases, HTTP_BASES)]
    return found


def closure(bases, roots):
    """Return the classes that derive from ``roots``, however far, sorted.

    :param bases: names of the base classes by name of the class
    """
    known = set(roots)
    while more := {name for name in bases.keys() - known if bases[name] & known}:
        known |= more
    return sorted(known & bases.keys())
