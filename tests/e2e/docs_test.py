"""The pages say where things are, and they are there: links within the repository, and the source files that
docs/architecture.md walks through. Run through ctest (e2e/docs_test) or python3."""
import glob
import os
import re
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..'))
PAGES = [os.path.join(ROOT, 'README.md'), *glob.glob(os.path.join(ROOT, 'docs', '**', '*.md'), recursive=True),
         *glob.glob(os.path.join(ROOT, 'samples', '**', '*.md'), recursive=True)]


def read(page):
    with open(page, encoding='utf-8') as file:
        return file.read()


class Docs(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in PAGES:
            for link in re.findall(r'\]\(([^)#\s]+)', read(page)):
                if not re.match(r'[a-z]+:', link):
                    path = os.path.normpath(os.path.join(os.path.dirname(page), link))
                    self.assertTrue(os.path.exists(path), '%s: %s' % (os.path.relpath(page, ROOT), link))

    def test_the_walk_goes_through_files_that_exist(self):
        sources = [os.path.relpath(path, ROOT) for folder in ('common', 'services')
                   for path in glob.glob(os.path.join(ROOT, folder, '**', '*.c'), recursive=True)]
        named = re.findall(r'`([\w/]*\w\.c)`', read(os.path.join(ROOT, 'docs', 'architecture.md')))
        self.assertGreater(len(named), 20)
        for name in named:
            self.assertTrue(any(path == name or path.endswith('/' + name) for path in sources), name)

    def test_what_reads_without_a_time_is_told_with_the_reason(self):
        table = read(os.path.join(ROOT, 'docs', 'resources.md')).split('read without `as_of`')[1].split('\n\n**')[0]
        told = {name for row in re.findall(r'^\| ([^|]+) \|', table, re.M) for name in row.split(', ')} - {'methods'}
        found = set()
        for path in glob.glob(os.path.join(ROOT, 'proto', 'cityneg', '*', 'v1', '*.proto')):
            proto = read(path)
            for method, request in re.findall(r'rpc (\w+)\((\w+)\)(?:(?!rpc ).)*?NO_SIDE_EFFECTS', proto, re.S):
                fields = re.search(r'^message %s \{\n(.*?)\n\}' % request, proto, re.S | re.M)
                if not fields or ' as_of = ' not in fields[1]:
                    found.add(method)
        self.assertEqual(told, found)


if __name__ == '__main__':
    unittest.main()
