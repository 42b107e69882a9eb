/* The tables of negotiations change under replicas of the version before. */
#include "../../common/store/online.h"

#include "negotiations/neg_schema.h"

int main(void)
{
    return online_main(&neg_migrations);
}
