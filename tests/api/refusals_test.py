"""Invalid requests, derived from the contract for every unary method of the three services, are refused with the code and
the field path that they deserve, and change nothing. Run through ctest (api/refusals) or python3, with CITYNEG set."""
import concurrent.futures
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..'), os.path.join(HERE, '..', 'e2e')]
import packages  # noqa: E402

packages.inside_python(__file__, 'grpcio==1.85.1', 'grpcio-status==1.85.1')

from google.protobuf import json_format  # noqa: E402

import invalid  # noqa: E402
from platform_api import Api, Refused  # noqa: E402
from platform_bed import Platform  # noqa: E402
from schema import Schema, message  # noqa: E402

# What makes a request right where the method's name and the resources that are there do not tell. `…` is a resource.
RIGHT = {
    'MergeActors': {'actor': 'cities/kazan-ru', 'into': 'cities/moscow-ru'},
    'ListMembers': {'institution': 'institutions/c40', 'date': '2015'},
    'GetGroupingAsOf': {'grouping': 'groupings/brics', 'date': '2015'},
    'CompareGroupingEditions': {'before': 'groupings/brics/editions/2009-06', 'after': 'groupings/brics/editions/2010-12'},
    'SearchActors': {'query': 'Kazan'},
    'ResolveActors': {'actors': [{'text': 'Kazan', 'country': 'RU', 'date': '2015'}]},
    'AdvancePhase': {'phase': 'PHASE_LAPSED', 'date': '2020'},
    'ChangeAgreementStatus': {'step': {'date': '2022', 'status': 'AGREEMENT_STATUS_ENDED',
                                       'sources': [{'source': 'sources/cl-c40-history'}]}},
    'CompareCityState': {'city': 'cities/new-york-us', 'state': 'states/us'},
    'GetThread': {'name': 'negotiations/cop21-paris-city-hall-2015/entries/1'},
    'ListDyads': {'negotiation': 'negotiations/cop21-paris-city-hall-2015'},
    'ListParents': {'actor': 'cities/kazan-ru', 'date': '2015'},
    'CreateOwnQuestion': {'question': {'name': 'questions/refused', 'title': 'Refused', 'counts': 'entry'}},
    'CreateAlert': {'alert': {'name': 'alerts/refused', 'trend': 'trends/channel-mix-virtual',
                              'rule': 'ALERT_RULE_Q_BELOW', 'threshold': 0.05}},
    'ListEvidence': {'evidence': 'channel-mix/virtual'},
    'GetNetwork': {'window': {'ties': 'TIES_AGREEMENTS', 'from': '1990', 'to': '1991'}},
    'CompareNetworks': {'before': {'ties': 'TIES_AGREEMENTS', 'from': '1990', 'to': '1991'},
                        'after': {'ties': 'TIES_AGREEMENTS', 'from': '1992', 'to': '1993'}},
}
# What is given instead of some field, and what is right with it.
INSTEAD = {'ListEvidence': (('network', 'actors'), {'network': {'ties': 'TIES_AGREEMENTS', 'from': '1990', 'to': '1991'}})}
SMALLEST_LIMIT = 1024  # bytes of a request
CHECKED = ('registry', 'negotiations', 'trends')
AT_ONCE = 64  # writers share commits


def resources(api, service):
    """{message's full name: one that is there}: the first of each list, the fullest of its page."""
    found = {}
    for method, _ in api.schema.methods(service):
        if not method.name.startswith('List'):
            continue
        many = [f for f in method.output_type.fields if f.is_repeated and f.message_type]
        if not many or many[0].message_type.full_name in found:
            continue
        request = message(method.input_type)
        try:
            page = api.call(service, method, request)
        except Refused:
            continue  # asks for more than a page
        items = list(getattr(page, many[0].name))
        if items:
            found[many[0].message_type.full_name] = max(items, key=lambda one: len(one.SerializeToString()))
    return found


def right(method, there):
    """A request of the method that is right, as far as that can be told."""
    request = message(method.input_type)
    for field in method.input_type.fields:
        if field.message_type and not field.is_repeated and field.message_type.full_name in there:
            getattr(request, field.name).CopyFrom(there[field.message_type.full_name])
        if field.message_type and field.is_repeated and field.name == 'requests':
            inner = getattr(request, field.name).add()
            for below in inner.DESCRIPTOR.fields:
                if below.message_type and below.message_type.full_name in there:
                    getattr(inner, below.name).CopyFrom(there[below.message_type.full_name])
        if field.name in ('name', 'names'):
            named = [one for one in there.values() if 'name' in one.DESCRIPTOR.fields_by_name]
            invalid.put(request, field, there.get(method.output_type.full_name, named[0]).name)
    json_format.ParseDict(RIGHT.get(method.name, {}), request)
    if method.name == 'Erase' or method.name.startswith('Retract'):
        request.reason = 'derived'
    for one in getattr(request, 'requests', [request]):
        for field in one.DESCRIPTOR.fields:
            if field.name == 'update_mask':
                one.update_mask.paths.append('*')  # what is left out is missing, not meant to stay
            if 'Create' in method.name and field.message_type and 'name' in field.message_type.fields_by_name:
                resource = getattr(one, field.name)
                resource.name = resource.name and unused(resource.name)
    return request


def wrong_ones(schema, method, there):
    """All that can be wrong with a request of the method."""
    found = list(invalid.cases(schema, right(method, there)))
    fields, other = INSTEAD.get(method.name, ((), {}))
    made = invalid.cases(schema, json_format.ParseDict(other, message(method.input_type))) if fields else ()
    return [case for case in found if case.root not in fields] + [case for case in made if case.root in fields]


def unused(name):
    """A name of the same kind that nothing has."""
    collection, last = name.rsplit('/', 1)
    return collection + '/' + ('1801-01-01' if collection.endswith('/editions') else last + '-new')


def state(api, service):
    """What a request could change. Trends publishes by itself, so there it is what callers make."""
    if service != 'trends':
        return api.heads(service)
    lists = {method.name: method for method, _ in api.schema.methods(service)}
    return [api.call(service, lists[name], message(lists[name].input_type)).SerializeToString(deterministic=True)
            for name in ('ListOwnQuestions', 'ListAlerts')]


def told_there(told, field):
    """Whether a violation is about the field: itself, an item of it, or what it is a part of."""
    return told == field or told.startswith(field + '[') or field.startswith((told + '.', told + '['))


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform()
        cls.platform.start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.schema = Schema()
        cls.api = Api(cls.schema, cls.platform.addresses)

    def wrong(self, service, method, case):
        """What is wrong with the refusal; None: nothing."""
        try:
            self.api.call(service, method, case.request)
        except Refused as refused:
            if refused.code == 'RESOURCE_EXHAUSTED' and case.size > SMALLEST_LIMIT and 'is too large' in refused.text:
                return None  # before anything in it was looked at
            if refused.code not in case.codes:
                return '%s instead of %s: %s' % (refused.code, ' or '.join(case.codes), refused.text)
            if refused.code == 'INVALID_ARGUMENT' and not any(told_there(field, case.field) for field in refused.fields):
                return 'told at %s: %s' % (refused.fields, refused.text)
            return None
        return 'was taken'

    def test_every_invalid_request_is_refused_where_it_is_wrong(self):
        count, failures, pool = 0, [], concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.addCleanup(pool.shutdown)
        for service in CHECKED:
            there = resources(self.api, service)
            for method, _ in self.schema.methods(service):
                before = state(self.api, service)
                made = wrong_ones(self.schema, method, there)
                count += len(made)
                for case, wrong in zip(made, pool.map(lambda case: self.wrong(service, method, case), made)):
                    if wrong:
                        failures.append('%s: %s %s: %s' % (method.name, case.field, case.why, wrong[:300]))
                if state(self.api, service) != before:
                    failures.append('%s changed something' % method.name)
        print('%d invalid requests, %d of them not refused as they should be' % (count, len(failures)))
        self.assertEqual(failures, [], '\n' + '\n'.join(failures))
        self.assertGreater(count, 1000)


if __name__ == '__main__':
    unittest.main()
