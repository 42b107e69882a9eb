"""Invalid requests, derived from a valid one and the contract: each differs in one field, and names the path at which it has
to be refused. Reach for it in tests of refusals. Needs protobuf."""
import re

from google.protobuf.descriptor import FieldDescriptor as F

from schema import message

TEXT_MOST, LIST_MOST = 4096, 1000
DATES = {'date', 'from', 'to', 'start', 'end', 'since', 'founded', 'ended', 'published', 'in_force_on'}
NUMBERS = {F.TYPE_INT32, F.TYPE_INT64, F.TYPE_DOUBLE}
REALS = {F.TYPE_DOUBLE, F.TYPE_FLOAT}
KNOWN = 'google.protobuf.'


class Case:
    def __init__(self, field, why, request, codes=('INVALID_ARGUMENT',)):
        self.field, self.why, self.request, self.codes = field, why, request, codes
        self.root = re.match(r'\w+', field).group()  # the request's own field
        self.size = request.ByteSize()


def copied(request, path):
    """A copy of the request, and in it the message at the path (names, or pairs of name and index)."""
    made = type(request)()
    made.CopyFrom(request)
    at = made
    for step in path:
        at = getattr(at, step) if isinstance(step, str) else getattr(at, step[0])[step[1]]
    return made, at


def written(path, name):
    return '.'.join([s if isinstance(s, str) else '%s[%d]' % s for s in path] + [name])


def put(at, field, value):
    if field.is_repeated:
        getattr(at, field.name).append(value)
    else:
        setattr(at, field.name, value)


# What is wrong with fields that mean the same in every request.
STANDARD = {
    'page_size': [(-1, 'is negative', ())],
    'page_token': [('!!', 'is no token', ()), ('AAAA', 'is a broken token', ())],
    'filter': [('(((', 'does not end', ()), ('no_such_field = 1', 'names no field', ()), ('name = ', 'has no value', ()),
               ('name = "' + 'x' * TEXT_MOST + '"', 'is too long', ())],
    'order_by': [('no_such_field', 'names no field', ()), ('name sideways', 'has no such direction', ()),
                 ('name,,name', 'has an empty part', ())],
    'parent': [('no such/parent', 'is no name', ())],
    'request_id': [('x', 'is no UUID', ()), ('7f3c1e0a-52d4-4b6e-9a57', 'is half a UUID', ())],
    'etag': [('no etag', 'is not the newest', ('ABORTED', 'FAILED_PRECONDITION'))],
    'corrects': [('x', 'is no id', ()), ('7f3c1e0a-52d4-7b6e-9a57-0c8d1f2e3a4b', 'is the id of nothing', ())],
}
OF_WHOLE_REQUESTS = {'etag', 'request_id'}  # those of items are another matter
MASKS = {'read_mask', 'update_mask'}


def of_standard(schema, request, path, field):
    for value, why, codes in STANDARD.get(field.name, ()):
        made, at = copied(request, path)
        put(at, field, value)
        yield Case(written(path, field.name), why, made, codes or ('INVALID_ARGUMENT',))


def of_mask(request, path, field):
    for value in ('no_such_field', '', 'name.', '.name'):
        made, at = copied(request, path)
        at_mask = getattr(at, field.name)
        del at_mask.paths[:]
        at_mask.paths.append(value)
        yield Case(written(path, field.name), 'names no field: "%s"' % value, made)


def of_time(request, path, field):
    for seconds, nanos, why in ((253402300799, 0, 'has not come'), (-62135596801, 0, 'is before the year 1'),
                                (0, -1, 'has negative nanoseconds'), (0, 10**9, 'has too many nanoseconds')):
        made, at = copied(request, path)
        getattr(at, field.name).seconds, getattr(at, field.name).nanos = seconds, nanos
        yield Case(written(path, field.name), why, made)


def item(path, field):
    """The path of a value: of the one that is added, where the field has many."""
    return written(path, field.name)


def of_text(schema, request, path, field):
    comment = schema.comment(field)
    values = [('x' * (TEXT_MOST + 1), 'is too long')]
    if schema.reference(field):
        other = 'cities/x' if 'trends/{' in comment else 'trends/x'
        values += [('no name', 'is no name'), (other, 'is of the wrong kind'), ('cities/-x', 'begins with a hyphen'),
                   ('nowhere/at/all', 'names no collection')]
    if field.name in DATES:
        values += [('2015-13', 'is no month'), ('yesterday', 'is no date'), ('2015-02-30', 'is no day')]
    if 'a UUID' in comment:
        values += [('x', 'is no UUID')]
    for value, why in values:
        made, at = copied(request, path)
        put(at, field, value)
        yield Case(item(path, field), why, made)


def bounds(comment):
    """The least and the most that a comment allows."""
    found = re.search(r'(-?\d+(?:\.\d+)?) … \+?(-?\d+(?:\.\d+)?)', comment)
    if found:
        return float(found.group(1)), float(found.group(2))
    return (0, None) if re.search(r'≥ 0|at most', comment) else (None, None)


def of_number(schema, request, path, field):
    least, most = bounds(schema.comment(field))
    values = [] if least is None else [(least - 1, 'is too small')]
    values += [] if most is None else [(most + 1, 'is too large')]
    if field.type in REALS:
        values += [(float('nan'), 'is no number'), (float('inf'), 'is infinite')]
    for value, why in values:
        made, at = copied(request, path)
        put(at, field, value if field.type in REALS else int(value))
        yield Case(item(path, field), why, made)


def of_code(request, path, field):
    made, at = copied(request, path)
    put(at, field, 9999)
    yield Case(item(path, field), 'is no code', made)


def of_missing(schema, request, path, field):
    if not re.search(r'(?<!not )required(?! unless| of| with)', schema.comment(field)):
        return
    made, at = copied(request, path)
    at.ClearField(field.name)
    yield Case(written(path, field.name), 'is missing', made)


def of_list(request, path, field):
    made, at = copied(request, path)
    many = getattr(at, field.name)
    while len(many) <= LIST_MOST:
        if field.message_type:
            many.add()
        else:
            many.append('x' if field.type == F.TYPE_STRING else 1)
    yield Case(written(path, field.name), 'has too many items', made)


def below(schema, request, path, field):
    """Of a message within: of the first that is there, or of an empty one."""
    made, at = copied(request, path)
    if field.is_repeated:
        if not len(getattr(at, field.name)):
            getattr(at, field.name).add()
        return cases(schema, made, [*path, (field.name, 0)])
    getattr(at, field.name).SetInParent()
    return cases(schema, made, [*path, field.name])


def deepest(request):
    """An item of a batch is as the request of one: what lies deep in it is looked at there."""
    return 1 if 'requests' in request.DESCRIPTOR.fields_by_name else 4


def of_message(schema, request, path, field):
    kind = field.message_type.full_name
    if field.name in MASKS:
        yield from of_mask(request, path, field)
    elif kind == KNOWN + 'Timestamp':
        yield from of_time(request, path, field)
    elif not kind.startswith(KNOWN) and len(path) < deepest(request):
        yield from below(schema, request, path, field)


def cases(schema, request, path=()):
    """Everything that can be wrong with the message at the path of a request that is right."""
    _, at = copied(request, path)
    for field in at.DESCRIPTOR.fields:
        if 'output only' in schema.comment(field) or (path and field.name in OF_WHOLE_REQUESTS):
            continue
        yield from of_missing(schema, request, path, field)
        if field.name in STANDARD and field.type == F.TYPE_STRING or field.name == 'page_size':
            yield from of_standard(schema, request, path, field)
        elif field.type == F.TYPE_MESSAGE:
            yield from of_message(schema, request, path, field)
        elif field.type == F.TYPE_STRING:
            yield from of_text(schema, request, path, field)
        elif field.type == F.TYPE_ENUM:
            yield from of_code(request, path, field)
        elif field.type in NUMBERS:
            yield from of_number(schema, request, path, field)
        if field.is_repeated and field.type != F.TYPE_ENUM:
            yield from of_list(request, path, field)


def empty(method):
    return message(method.input_type)
