#include "cli/cli_commands.h"

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "cli/cli_analyze.h"
#include "cli/cli_backup.h"
#include "cli/cli_broker.h"
#include "cli/cli_bulk_log.h"
#include "cli/cli_changes.h"
#include "cli/cli_contract.h"
#include "cli/cli_dlq.h"
#include "cli/cli_events.h"
#include "cli/cli_export.h"
#include "cli/cli_health.h"
#include "cli/cli_import.h"
#include "cli/cli_rebuild.h"
#include "cli/cli_release.h"
#include "cli/cli_report.h"
#include "cli/cli_rpc.h"
#include "cli/cli_up.h"
#include "cli/cli_verify.h"

static const cli_service registry = {"registry", &reg_registry_service_desc};
static const cli_service negotiations = {"negotiations", &neg_negotiations_service_desc};
static const cli_service trends = {"trends", &trd_trends_service_desc};

const cli_command cli_commands[] = {
    {"up", "", 0, 0, "the whole platform on one machine", cli_up_options, cli_up, NULL, false},
    {"import", "KIND FILE", 2, 2, "samples, facts, accessions, pairs, places or JSON Lines into the services",
     cli_import_options, cli_import, NULL, false},
    {"export", "KIND", 1, 1, "all resources of a kind as JSON Lines or CSV, or cities as GeoNames has them",
     cli_export_options, cli_export, NULL, false},
    {"export changes", "SERVICE", 1, 1, "what changed since a position, erasures too: for who keeps a mirror",
     cli_changes_options, cli_changes, NULL, false},
    {"export release", "FOLDER", 1, 1, "all resources as of a date, with a manifest of digests", cli_release_options,
     cli_release, NULL, false},
    {"export check", "FOLDER", 1, 1, "whether a release is what its manifest says", cli_release_check_options,
     cli_release_check, NULL, false},
    {"registry", "METHOD [NAME]", 0, 2, "who there is: any RPC of the registry", cli_rpc_options, cli_rpc, &registry,
     false},
    {"negotiations", "METHOD [NAME]", 0, 2, "what was said: any RPC of negotiations", cli_rpc_options, cli_rpc,
     &negotiations, false},
    {"negotiations bulk-log", "FILE.jsonl", 1, 1, "record very many entries, a line of JSON each; goes on where it was",
     cli_bulk_log_options, cli_bulk_log, NULL, false},
    {"trends", "METHOD [NAME]", 0, 2, "what it means: any RPC of trends", cli_rpc_options, cli_rpc, &trends, false},
    {"trends report", "", 0, 0, "the trend report, with intervals, tests and sparklines", cli_report_options,
     cli_report, NULL, false},
    {"trends evidence", "QUESTION/CATEGORY[@COLLECTION]", 1, 3, "the rows behind a number, with their sources",
     cli_evidence_options, cli_evidence, NULL, false},
    {"trends analyze", "FILE.csv", 1, 1, "every statistic on a series of your own: columns time,value[,total]",
     cli_analyze_options, cli_analyze, NULL, false},
    {"trends compare", "A.csv B.csv", 2, 2, "how different two mixes are: columns category,count", cli_compare_options,
     cli_compare, NULL, false},
    {"trends network", "EDGES.csv", 1, 1, "what a network of your own looks like: columns source,target[,weight]",
     cli_network_options, cli_network, NULL, false},
    {"events", "SERVICE", 1, 1, "the events of registry, negotiations or trends, as Kafka has them", cli_events_options,
     cli_events, NULL, false},
    {"events tail", "SERVICE", 1, 1, "the newest events and what comes, a line of JSON each", cli_tail_options,
     cli_tail, NULL, false},
    {"events contract", "FOLDER", 1, 1, "what is on the topics: descriptors of the messages, and an AsyncAPI document",
     cli_contract_options, cli_contract, NULL, false},
    {"dlq list", "SERVICE", 1, 1, "what of registry or negotiations was put aside by who follows them, and why",
     cli_dlq_options, cli_dlq_list, NULL, false},
    {"dlq replay", "SERVICE", 1, 1, "apply the rows among them once more", cli_dlq_options, cli_dlq_replay, NULL,
     false},
    {"verify", "", 0, 0, "recompute the hash chains of all journals", cli_verify_options, cli_verify, NULL, false},
    {"backup", "FOLDER", 1, 1, "copy the services' stores into a folder while they run", cli_backup_options, cli_backup,
     NULL, false},
    {"restore", "FOLDER", 1, 1, "put a backup in place; the services that it is for must not run", cli_restore_options,
     cli_restore, NULL, false},
    {"rebuild trends", "", 0, 0, "count the journals anew, and compare with what trends had counted",
     cli_rebuild_options, cli_rebuild, NULL, false},
    {"health", "ADDRESS [SERVICE]", 1, 2, "whether a server is SERVING, as its health service says", cli_health_options,
     cli_health, NULL, false},
    {"broker", "", 0, 0, "the embedded Kafka broker alone", cli_broker_options, cli_broker, NULL, true},
    {NULL},
};
