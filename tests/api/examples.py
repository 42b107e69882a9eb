"""The examples that the comments of methods in the protos hold: requests, and what is answered. Reach for it to read, run
or print them.

A line of a comment that is indented by two more spaces belongs to an example. A request begins with `{`, an answer with
`→ {`; a stream has several. What an answer leaves out is `…`: further fields, further items, or what differs each time."""
import json
import re

ANYTHING = '…'


class Example:
    def __init__(self, is_answer, text):
        self.is_answer, self.text = is_answer, text

    def value(self):
        """What the text says; further fields and items are the key or item `…`."""
        return json.loads(re.sub(r'"(?:[^"\\]|\\.)*"|…|[{}\[\]]', Marks(), self.text))


class Marks:
    """Makes JSON of `…`, which stands for a member in an object and for an item in a list."""

    def __init__(self):
        self.open = []

    def __call__(self, found):
        token = found.group()
        if token in '{[':
            self.open.append(token)
        elif token in '}]':
            self.open.pop()
        elif token == ANYTHING:
            return '"…": "…"' if self.open[-1] == '{' else '"…"'
        return token


def split(comment):
    """The words of a comment, and its examples."""
    words, examples = [], []
    for line in comment.split('\n'):
        line = line[1:] if line.startswith(' ') else line
        if not line.startswith('  '):
            words.append(line)
        elif line.strip().startswith('→'):
            examples.append(Example(True, line.strip()[1:].strip()))
        elif line.strip().startswith('{') and (not examples or complete(examples[-1].text)):
            examples.append(Example(False, line.strip()))
        else:
            examples[-1].text += ' ' + line.strip()
    return re.sub(r'\n{3,}', '\n\n', '\n'.join(words)).strip(), examples


def complete(text):
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '', text)
    return bare.count('{') == bare.count('}') and bare.count('"') == 0


def fits(wanted, got):
    """Whether an answer is as the example says."""
    if wanted == ANYTHING:
        return True
    if isinstance(wanted, dict) and isinstance(got, dict):
        names = set(wanted) - {ANYTHING}
        return (names == set(got) or (ANYTHING in wanted and names < set(got))) and \
            all(fits(wanted[name], got[name]) for name in names)
    if isinstance(wanted, list) and isinstance(got, list):
        items = [one for one in wanted if one != ANYTHING]
        return (len(items) == len(got) or (len(items) < len(wanted) and len(items) < len(got))) and \
            all(fits(one, other) for one, other in zip(items, got))
    return isinstance(wanted, bool) == isinstance(got, bool) and wanted == got
