/* kaf_jars.h: the jars of Apache Kafka on this machine, which Maven brings once into a cache folder. Reach for it
 * before a broker of them is started. One thread. */
#ifndef KAF_JARS_H
#define KAF_JARS_H

#include "base/cm_status.h"

/* The folder with the jars; free() ends it. Where they are not there yet, Maven fetches them, with progress on stderr,
 * and each is accepted by its SHA-256 alone. The folder is $CITYNEG_KAFKA_JARS, or one for the version in
 * $XDG_CACHE_HOME/cityneg or ~/.cache/cityneg. FAILED_PRECONDITION where Java or Maven is missing says what to install;
 * UNAVAILABLE has the last words of Maven; DATA_LOSS names a jar that is not what it should be. */
cm_status kaf_jars(char **folder) CM_MUST_USE;

/* Looks for a program in $PATH: FAILED_PRECONDITION, with Debian's `package` to install, where there is none. */
cm_status kaf_need(const char *program, const char *package) CM_MUST_USE;

#endif
