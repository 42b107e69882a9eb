/* The tables of trends change under replicas of the version before. */
#include "../../common/store/online.h"

#include "trends/trd_schema.h"

int main(void)
{
    return online_main(&trd_migrations);
}
