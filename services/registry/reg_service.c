#include "registry/reg_service.h"

#include "registry/reg_actor.h"
#include "registry/reg_autonomy.h"
#include "registry/reg_editions.h"
#include "registry/reg_grouping.h"
#include "registry/reg_influence.h"
#include "registry/reg_members.h"
#include "registry/reg_membership.h"
#include "registry/reg_merge.h"
#include "registry/reg_parents.h"
#include "registry/reg_search.h"

/* A handler is one of the engine's, for one kind. */
#define HANDLER(function, engine, kind, Request, Response)                                                             \
    static cm_status function(cm_call *call, const Request *request, Response *response)                               \
    {                                                                                                                  \
        return engine(call, &kind, &request->base, &response->base);                                                   \
    }

HANDLER(get_actor, cm_resource_get, reg_actor_kind, RegGetActorRequest, RegActor)
HANDLER(batch_get_actors, cm_resource_batch_get, reg_actor_kind, RegBatchGetActorsRequest, RegBatchGetActorsResponse)
HANDLER(list_actors, cm_resource_list, reg_actor_kind, RegListActorsRequest, RegListActorsResponse)
HANDLER(create_actor, cm_resource_create, reg_actor_kind, RegCreateActorRequest, RegActor)
HANDLER(update_actor, cm_resource_update, reg_actor_kind, RegUpdateActorRequest, RegActor)
HANDLER(batch_create_actors, cm_resource_batch_create, reg_actor_kind, RegBatchCreateActorsRequest,
        RegBatchCreateActorsResponse)
HANDLER(batch_update_actors, cm_resource_batch_update, reg_actor_kind, RegBatchUpdateActorsRequest,
        RegBatchUpdateActorsResponse)

HANDLER(get_membership, cm_resource_get, reg_membership_kind, RegGetMembershipRequest, RegMembership)
HANDLER(list_memberships, cm_resource_list, reg_membership_kind, RegListMembershipsRequest, RegListMembershipsResponse)
HANDLER(create_membership, cm_resource_create, reg_membership_kind, RegCreateMembershipRequest, RegMembership)
HANDLER(update_membership, cm_resource_update, reg_membership_kind, RegUpdateMembershipRequest, RegMembership)
HANDLER(batch_create_memberships, cm_resource_batch_create, reg_membership_kind, RegBatchCreateMembershipsRequest,
        RegBatchCreateMembershipsResponse)
HANDLER(batch_update_memberships, cm_resource_batch_update, reg_membership_kind, RegBatchUpdateMembershipsRequest,
        RegBatchUpdateMembershipsResponse)

HANDLER(get_grouping_edition, cm_resource_get, reg_grouping_kind, RegGetGroupingEditionRequest, RegGroupingEdition)
HANDLER(list_grouping_editions, cm_resource_list, reg_grouping_kind, RegListGroupingEditionsRequest,
        RegListGroupingEditionsResponse)
HANDLER(create_grouping_edition, cm_resource_create, reg_grouping_kind, RegCreateGroupingEditionRequest,
        RegGroupingEdition)
HANDLER(update_grouping_edition, cm_resource_update, reg_grouping_kind, RegUpdateGroupingEditionRequest,
        RegGroupingEdition)
HANDLER(batch_update_grouping_editions, cm_resource_batch_update, reg_grouping_kind,
        RegBatchUpdateGroupingEditionsRequest, RegBatchUpdateGroupingEditionsResponse)

HANDLER(get_influence, cm_resource_get, reg_influence_kind, RegGetInfluenceRequest, RegInfluence)
HANDLER(list_influences, cm_resource_list, reg_influence_kind, RegListInfluencesRequest, RegListInfluencesResponse)
HANDLER(batch_update_influences, cm_resource_batch_update, reg_influence_kind, RegBatchUpdateInfluencesRequest,
        RegBatchUpdateInfluencesResponse)

HANDLER(get_autonomy_profile, cm_resource_get, reg_autonomy_kind, RegGetAutonomyProfileRequest, RegAutonomyProfile)
HANDLER(list_autonomy_profiles, cm_resource_list, reg_autonomy_kind, RegListAutonomyProfilesRequest,
        RegListAutonomyProfilesResponse)
HANDLER(batch_update_autonomy_profiles, cm_resource_batch_update, reg_autonomy_kind,
        RegBatchUpdateAutonomyProfilesRequest, RegBatchUpdateAutonomyProfilesResponse)

static const cm_resource_kind *const kinds[] = {&reg_actor_kind,     &reg_membership_kind, &reg_grouping_kind,
                                                &reg_influence_kind, &reg_autonomy_kind,   NULL};

#define DELETE(name, kind, Kind)                                                                                       \
    static cm_status delete_##name(cm_call *call, const RegDelete##Kind##Request *request, Reg##Kind *response)        \
    {                                                                                                                  \
        return cm_resource_delete(call, kinds, &kind, &request->base, &response->base);                                \
    }                                                                                                                  \
    HANDLER(undelete_##name, cm_resource_undelete, kind, RegUndelete##Kind##Request, Reg##Kind)

DELETE(actor, reg_actor_kind, Actor)
DELETE(membership, reg_membership_kind, Membership)
DELETE(grouping_edition, reg_grouping_kind, GroupingEdition)
DELETE(influence, reg_influence_kind, Influence)
DELETE(autonomy_profile, reg_autonomy_kind, AutonomyProfile)

static cm_status list_revisions(cm_call *call, const RegListRevisionsRequest *request,
                                RegListRevisionsResponse *response)
{
    return cm_resource_list_revisions(call, kinds, &request->base, &response->base);
}

static cm_status erase(cm_call *call, const RegEraseRequest *request, RegEraseResponse *response)
{
    return cm_resource_erase(call, kinds, &request->base, &response->base);
}

cm_status reg_service_resume(cm_journal *journal)
{
    return cm_resource_erase_pending(journal, kinds);
}

/* Bytes of a request. */
enum { NAME = 1 << 10, QUERY = 8 << 10, NAMES = 256 << 10, ONE = 256 << 10, MANY = 4 << 20 };

#define READS .lane = CM_READER, .role = CM_MAY_READ
#define WRITES .lane = CM_WRITER, .touches = cm_resource_touches, .role = CM_MAY_WRITE
#define WRITES_ANY .lane = CM_WRITER, .role = CM_MAY_WRITE

static const RegRegistryService rows = {
    .get_actor = {.handler = get_actor, READS, .largest = NAME},
    .batch_get_actors = {.handler = batch_get_actors, READS, .largest = NAMES},
    .list_actors = {.handler = list_actors, READS, .largest = QUERY},
    .create_actor = {.handler = create_actor, WRITES, .largest = ONE},
    .update_actor = {.handler = update_actor, WRITES, .largest = ONE},
    .batch_create_actors = {.handler = batch_create_actors, WRITES, .largest = MANY},
    .batch_update_actors = {.handler = batch_update_actors, WRITES, .largest = MANY},
    .delete_actor = {.handler = delete_actor, WRITES_ANY, .largest = QUERY},
    .undelete_actor = {.handler = undelete_actor, WRITES_ANY, .largest = QUERY},
    .merge_actors = {.handler = reg_merge_actors, WRITES_ANY, .largest = QUERY},
    .split_actor = {.handler = reg_split_actor, WRITES_ANY, .largest = QUERY},
    .search_actors = {.handler = reg_search_actors, .lane = CM_INLINE, .role = CM_MAY_READ, .largest = QUERY},
    .resolve_actors = {.handler = reg_resolve_actors, .lane = CM_BACKGROUND, .role = CM_MAY_READ, .largest = MANY},
    .list_parents = {.handler = reg_list_parents, READS, .largest = NAME},
    .get_membership = {.handler = get_membership, READS, .largest = NAME},
    .list_memberships = {.handler = list_memberships, READS, .largest = QUERY},
    .create_membership = {.handler = create_membership, WRITES, .largest = ONE},
    .update_membership = {.handler = update_membership, WRITES, .largest = ONE},
    .batch_create_memberships = {.handler = batch_create_memberships, WRITES, .largest = MANY},
    .batch_update_memberships = {.handler = batch_update_memberships, WRITES, .largest = MANY},
    .delete_membership = {.handler = delete_membership, WRITES_ANY, .largest = QUERY},
    .undelete_membership = {.handler = undelete_membership, WRITES_ANY, .largest = QUERY},
    .list_members = {.handler = reg_list_members, READS, .largest = QUERY},
    .get_grouping_edition = {.handler = get_grouping_edition, READS, .largest = NAME},
    .list_grouping_editions = {.handler = list_grouping_editions, READS, .largest = QUERY},
    .create_grouping_edition = {.handler = create_grouping_edition, WRITES, .largest = ONE},
    .update_grouping_edition = {.handler = update_grouping_edition, WRITES, .largest = ONE},
    .batch_update_grouping_editions = {.handler = batch_update_grouping_editions, WRITES, .largest = MANY},
    .delete_grouping_edition = {.handler = delete_grouping_edition, WRITES_ANY, .largest = QUERY},
    .undelete_grouping_edition = {.handler = undelete_grouping_edition, WRITES_ANY, .largest = QUERY},
    .get_grouping_as_of = {.handler = reg_get_grouping_as_of, READS, .largest = NAME},
    .compare_grouping_editions = {.handler = reg_compare_grouping_editions, READS, .largest = NAME},
    .get_grouping_complement = {.handler = reg_get_grouping_complement, READS, .largest = NAME},
    .get_influence = {.handler = get_influence, READS, .largest = NAME},
    .list_influences = {.handler = list_influences, READS, .largest = QUERY},
    .batch_update_influences = {.handler = batch_update_influences, WRITES, .largest = MANY},
    .delete_influence = {.handler = delete_influence, WRITES_ANY, .largest = QUERY},
    .undelete_influence = {.handler = undelete_influence, WRITES_ANY, .largest = QUERY},
    .get_autonomy_profile = {.handler = get_autonomy_profile, READS, .largest = NAME},
    .list_autonomy_profiles = {.handler = list_autonomy_profiles, READS, .largest = QUERY},
    .batch_update_autonomy_profiles = {.handler = batch_update_autonomy_profiles, WRITES, .largest = MANY},
    .delete_autonomy_profile = {.handler = delete_autonomy_profile, WRITES_ANY, .largest = QUERY},
    .undelete_autonomy_profile = {.handler = undelete_autonomy_profile, WRITES_ANY, .largest = QUERY},
    .list_revisions = {.handler = list_revisions, READS, .largest = QUERY},
    .erase = {.handler = erase, .lane = CM_WRITER, .role = CM_MAY_ADMIN, .largest = QUERY},
};

cm_service reg_service(reg_index *index)
{
    return reg_registry_service(&rows, index);
}
