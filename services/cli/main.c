/* cityneg: the command line. It runs the platform on one machine, imports, queries, reports and verifies.
 *
 * Every command is a row of cli_commands.c. Commands that speak to services are made from the services' descriptions
 * (cli_rpc.c); importers are the imp_ files, what a report looks like the rep_ files, `up` the up_ files. */
#include "cli/cli_commands.h"

int main(int argc, char **argv)
{
    return cli_main(cli_commands, argc, argv);
}
