/* reg_external_id.h: an actor's ids elsewhere (GeoNames, Wikidata, ISO 3166, UN/LOCODE …): how each is written, and
 * that no two actors have the same. Reach for it in the kind of actors. */
#ifndef REG_EXTERNAL_ID_H
#define REG_EXTERNAL_ID_H

#include "journal/cm_check.h"
#include "journal/cm_resource.h"

/* A known scheme, a value as that scheme writes it, each pair once. Pure. */
void reg_external_ids_check(cm_check check, const RegActor *actor);

/* Takes the ids for the actor and gives up those that it no longer has (`before` may be NULL). INVALID_ARGUMENT names
 * the field, the id and the actor that has it. */
cm_status reg_external_ids_claim(cm_resource_context *context, const RegActor *actor,
                                 const RegActor *before) CM_MUST_USE;

/* Gives up all ids of an actor that is erased. */
cm_status reg_external_ids_forget(cm_db *db, const char *actor) CM_MUST_USE;

#endif
