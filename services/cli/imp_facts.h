/* imp_facts.h: importers, one a kind of file. Reach for it through the table in cli_import.c. Each reads its file row
 * by row, turns rows into resources whose ids follow from the row alone (so that a second import changes nothing), and
 * leaves judging them to the services. */
#ifndef IMP_FACTS_H
#define IMP_FACTS_H

#include "cli/imp_session.h"

/* A folder of facts: sources, coverage, actors, institutions, memberships, groupings, negotiations with participants
 * and entries, positions, agreements with their status, influence. See samples/facts/README.md. */
cm_status imp_facts(imp_session *session, const char *folder) CM_MUST_USE;

cm_status imp_facts_sources(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_actors(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_memberships(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_groupings(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_influence(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_negotiations(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_entries(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_positions(imp_session *session, const char *folder) CM_MUST_USE;
cm_status imp_facts_agreements(imp_session *session, const char *folder) CM_MUST_USE;

/* samples/states.tsv alone. */
cm_status imp_states_file(imp_session *session, const char *path) CM_MUST_USE;

/* GeoNames' dump format: 19 tab-separated columns without a header. Populated places are cities; other features are
 * left out. */
cm_status imp_geonames(imp_session *session, const char *path) CM_MUST_USE;

/* GeoNames' alternate names of the cities that are there: languages, kinds, periods. */
cm_status imp_alternate_names(imp_session *session, const char *path) CM_MUST_USE;

/* The folder of iso-codes' JSON: names of states, and their subdivisions as regions. */
cm_status imp_iso(imp_session *session, const char *folder) CM_MUST_USE;

/* The Covenant of Mayors' accessions: a local authority and its membership for each row. */
cm_status imp_gcom(imp_session *session, const char *path) CM_MUST_USE;

/* Dated pairs of sister cities from Wikidata. */
cm_status imp_pairs(imp_session *session, const char *path) CM_MUST_USE;

/* The Local Autonomy Index of 2014, totals by state and year. */
cm_status imp_lai(imp_session *session, const char *path) CM_MUST_USE;

/* Resources of one kind as `export` writes them: protobuf JSON, one a line, or a table (.csv, .tsv) with a column for
 * each field; the session's rules say which column is which field. `kind` is a plural: "actors". */
cm_status imp_lines(imp_session *session, const char *kind, const char *path) CM_MUST_USE;

/* An enum field from a code in a table: sets *value, or rejects the row and clears *fine. */
cm_status imp_code(imp_session *session, imp_origin origin, const ProtobufCEnumDescriptor *codes, const char *field,
                   const char *code, void *value, bool *fine) CM_MUST_USE;

/* Sources, collections and institutions that an importer brings along for its own file. */
cm_status imp_put_source(imp_session *session, const char *id, const char *url, const char *publisher,
                         const char *title, const char *certainty, const char *licence) CM_MUST_USE;
cm_status imp_put_collection(imp_session *session, const char *display_name, const char *from, const char *to,
                             const char *completeness, const char *note) CM_MUST_USE;

#endif
