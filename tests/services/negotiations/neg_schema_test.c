/* The tables of negotiations change under replicas of the version before. */
#include "../../common/store/online.h"

#include "negotiations/neg_schema.h"

static const cm_migrations *const sets[] = {&neg_migrations};
static pg_server server;

static void steps_leave_to_an_older_program_what_it_uses(void **state)
{
    online_check(&server, sets, 1);
}

int main(void)
{
    const struct CMUnitTest test = cmocka_unit_test(steps_leave_to_an_older_program_what_it_uses);

    return online_main(sets, 1, &test, &server);
}
