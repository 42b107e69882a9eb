/* neg_checks.h: everything that can be wrong with a resource by itself, a function a kind; each also fills the fields
 * that follow from the others (derived_format, phase_history, status). Reach for it in the kinds' table. Pure; any
 * thread.
 *
 * `before` is the newest revision, NULL where the resource is new. Violations have paths relative to the resource;
 * dates are put into their canonical form. */
#ifndef NEG_CHECKS_H
#define NEG_CHECKS_H

#include "negotiations/neg_check.h"

void neg_check_source(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                      cm_violations *wrong);
void neg_check_collection(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                          cm_violations *wrong);
void neg_check_issue(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong);

/* A new negotiation begins its history in the phase that it is given. Later the phase stays as it was where none is
 * given; the history grows by neg_phase_advance only. */
void neg_check_negotiation(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                           cm_violations *wrong);

void neg_check_entry(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong);
void neg_check_position(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                        cm_violations *wrong);
void neg_check_agreement(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                         cm_violations *wrong);

/* One step of an agreement's life by itself; `prefix` goes before its fields' names ("step."). */
void neg_check_step(cm_check check, const char *prefix, NegStatusStep *step);

#endif
