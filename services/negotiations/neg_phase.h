/* neg_phase.h: the phases of a negotiation and the steps between them, as one table that checks, explains and draws.
 * Reach for it when a negotiation begins or moves. Pure: no storage, no RPC, any thread.
 *
 * The phases are those of Zartman and Berman ("The Practical Negotiator", 1982): prenegotiation, formula, detail; then
 * agreed and implementation. Live talks may rest (suspended) and go on in the phase in which they rested. They end by
 * being broken off (terminated) or by fading away (lapsed), and nothing follows an end. */
#ifndef NEG_PHASE_H
#define NEG_PHASE_H

#include "base/cm_date.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "negotiations/neg_codes.h"

/* The phases to which the negotiation may move now. One that was suspended may go back to the phase it rested in; where
 * that is not known, to any live one. */
neg_set neg_phase_next(const NegNegotiation *n);

/* Moves `n` to `to` on `date`. FAILED_PRECONDITION, naming both phases and the steps that are allowed, where the step
 * is not, and where `date` is certainly before the last dated step or before the negotiation's start; `n` is then
 * unchanged. What is added lives in the arena. */
cm_status neg_phase_advance(NegNegotiation *n, NegPhase to, cm_date date, cm_arena *arena) CM_MUST_USE;

/* Gives a new negotiation the history that its fact tells: one step, its phase. The step is dated where the fact dates
 * it: prenegotiation begins with the start; agreed, suspended, terminated and lapsed came with the end, where there is
 * one. When formula, detail and implementation began is not said, so their step has no date. */
void neg_phase_begin(NegNegotiation *n, cm_arena *arena);

/* What dates a change of a negotiation: the step that it adds, else the start. `before` is NULL for a new one. */
const char *neg_phase_dated(const ProtobufCMessage *after, const ProtobufCMessage *before);

/* The machine as a Mermaid state diagram, for the documentation. In the arena. */
const char *neg_phase_picture(cm_arena *arena);

#endif
