/* The tables of registry change under replicas of the version before. */
#include "../../common/store/online.h"

#include "registry/reg_schema.h"

int main(void)
{
    return online_main(&reg_migrations);
}
