"""Invoices of an import beside the same ones made by plain ``create`` and ``action_post``."""

# Fields that differ by nature: who made them and when, their own links, monitoring.
EXCEPTIONS = {
    "id",
    "create_date",
    "write_date",
    "create_uid",
    "write_uid",
    "name",
    "move_name",
    "sequence_number",
    "sequence_prefix",
    "payment_reference",
    "access_token",
    "made_sequence_gap",
    "posted_before",
    "move_id",
    "line_ids",
    "invoice_line_ids",
    "parent_state",
}


def compare(pairs):
    """Return the differences between pairs of moves, as ``model.field: one / other``."""
    found = set()
    for imported, plain in pairs:
        found |= _compare(imported, plain)
        for kind in ("product", "payment_term"):
            lines = [
                m.line_ids.filtered(lambda r, k=kind: r.display_type == k)
                for m in (imported, plain)
            ]
            if len(lines[0]) != 1 or len(lines[1]) != 1:
                found.add(f"number of lines {kind}")
            else:
                found |= _compare(*lines)
    return found


def _compare(one, other):
    names = [
        name
        for name, field in one._fields.items()
        if field.store
        and name not in EXCEPTIONS
        and not name.startswith("kgw_")
        and field.type not in ("one2many", "many2many")
    ]
    left, right = one.read(names, load=None)[0], other.read(names, load=None)[0]
    return {
        f"{one._name}.{name}: {left[name]!r} / {right[name]!r}"
        for name in names
        if left[name] != right[name]
    }
