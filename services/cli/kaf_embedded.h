/* kaf_embedded.h: which jars make a broker: files of docker/kafka as texts, made when the program is built. Reach for
 * it in kaf_jars.c only. */
#ifndef KAF_EMBEDDED_H
#define KAF_EMBEDDED_H

extern const char kaf_pom[];         /* docker/kafka/pom.xml */
extern const char kaf_jars_sha256[]; /* docker/kafka/jars.sha256 */

#endif
