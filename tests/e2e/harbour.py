"""Talks of two cities on a harbour, and what they refer to: a ground to record entries on."""
import json

TALKS = 'negotiations/harbour'
SOURCES = [{'source': 'sources/minutes'}]


def create(platform, service, kind, **resource):
    return platform.json(service, 'create-' + kind, '--json', json.dumps({kind: resource}))


def record(platform):
    """Kazan and İzmir with their states, a source, and their talks."""
    for state, city in (('ru', 'kazan'), ('tr', 'izmir')):
        create(platform, 'registry', 'actor', name='states/' + state, displayName=state)
        create(platform, 'registry', 'actor', name='cities/%s-%s' % (city, state), displayName=city,
               state='states/' + state)
    create(platform, 'negotiations', 'source', name='sources/minutes', url='https://example.org/minutes',
           certainty='checked')
    parties = [{'actor': actor, 'role': 'party', 'capacity': 'own_right'}
               for actor in ('cities/kazan-ru', 'cities/izmir-tr')]
    create(platform, 'negotiations', 'negotiation', name=TALKS, title='The harbour', format='bilateral', phase='detail',
           participants=parties, sources=SOURCES)
