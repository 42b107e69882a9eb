/* trd_own_service.h: handlers of questions of users' own, and the filling in the background. Reach for it in the
 * service's table and wiring. */
#ifndef TRD_OWN_SERVICE_H
#define TRD_OWN_SERVICE_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_publisher.h"

cm_status trd_create_own_question(cm_call *call, const TrdCreateOwnQuestionRequest *request,
                                  TrdOwnQuestion *response) CM_MUST_USE;
cm_status trd_get_own_question(cm_call *call, const TrdGetOwnQuestionRequest *request,
                               TrdOwnQuestion *response) CM_MUST_USE;
cm_status trd_list_own_questions(cm_call *call, const TrdListOwnQuestionsRequest *request,
                                 TrdListOwnQuestionsResponse *response) CM_MUST_USE;
cm_status trd_delete_own_question(cm_call *call, const TrdDeleteOwnQuestionRequest *request,
                                  TrdOwnQuestion *response) CM_MUST_USE;

/* Fills what is not filled, some hundred facts at a time on the writer's lane, so that counting and answering go on in
 * between. Both are borrowed until it is stopped; `publisher` may be NULL. */
typedef struct trd_filler trd_filler;
trd_filler *trd_filler_start(cm_journal *journal, trd_publisher *publisher);

/* There may be something to fill. Any thread. */
void trd_filler_wake(trd_filler *filler);

/* Waits for the step under way; the rest is filled after the next start. */
void trd_filler_stop(trd_filler *filler);

#endif
