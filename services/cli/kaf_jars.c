#include "cli/kaf_jars.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "cli/cli_progress.h"
#include "cli/kaf_embedded.h"

#define PLUGIN "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"

cm_status kaf_need(const char *program, const char *package)
{
    const char *path = getenv("PATH");
    CM_FREE char *folders = cm_strdup(path ? path : "");
    char *rest = NULL;

    for (char *folder = strtok_r(folders, ":", &rest); folder; folder = strtok_r(NULL, ":", &rest)) {
        CM_FREE char *file = cm_format("%s/%s", folder, program);
        if (access(file, X_OK) == 0)
            return cm_ok();
    }
    return cm_fail(CM_FAILED_PRECONDITION,
                   "Apache Kafka needs `%s`, which is not in $PATH; install it (Debian, Ubuntu: apt-get install %s)",
                   program, package);
}

/* The version is that of the jar kafka_2.13-VERSION.jar, which every list of them has. */
static char *folder_of_version(void)
{
    static const char jar[] = "kafka_2.13-";
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const char *version = strstr(kaf_jars_sha256, jar) + strlen(jar);
    int length = (int)(strstr(version, ".jar") - version);

    if (cache && *cache)
        return cm_format("%s/cityneg/kafka-%.*s", cache, length, version);
    return cm_format("%s/.cache/cityneg/kafka-%.*s", home && *home ? home : "/tmp", length, version);
}

static cm_status make_folders(const char *path)
{
    CM_FREE char *part = cm_strdup(path);

    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return cm_fail(CM_PERMISSION_DENIED, "the folder %s cannot be made: %s", part, strerror(errno));
        if (!slash)
            return cm_ok();
        *slash = '/';
    }
}

/* ---- are they what they should be? ---- */

static cm_status read_file(const char *path, cm_text *bytes)
{
    char buffer[65536];
    size_t got;
    FILE *file = fopen(path, "r");

    if (!file)
        return cm_fail(CM_DATA_LOSS, "%s is missing: %s", path, strerror(errno));
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        cm_text_bytes(bytes, buffer, got);
    fclose(file);
    return cm_ok();
}

static cm_status check_jar(const char *path, const char *expected)
{
    CM_AUTO(cm_text) bytes = {0};
    uint8_t digest[CM_SHA256];
    char hex[2 * CM_SHA256 + 1];

    CM_TRY(read_file(path, &bytes));
    cm_sha256(&(cm_bytes){(const uint8_t *)cm_text_get(&bytes), bytes.size}, 1, digest);
    cm_hex(digest, sizeof digest, hex);
    if (strncmp(hex, expected, strlen(hex)) != 0)
        return cm_fail(CM_DATA_LOSS,
                       "%s has the SHA-256 %s, not %.64s: it is not what Apache Kafka's project published", path, hex,
                       expected);
    return cm_ok();
}

static int jars_in(const char *folder)
{
    DIR *open = opendir(folder);
    int count = 0;

    for (struct dirent *entry; open && (entry = readdir(open));)
        count += strstr(entry->d_name, ".jar") != NULL;
    if (open)
        closedir(open);
    return count;
}

/* Every line of the list: a SHA-256, two blanks, a name. */
static cm_status check(const char *folder)
{
    CM_FREE char *list = cm_strdup(kaf_jars_sha256);
    char *rest = NULL;
    int listed = 0;

    for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), listed++) {
        CM_FREE char *path = cm_format("%s/%s", folder, line + 2 * CM_SHA256 + 2);
        CM_TRY(check_jar(path, line));
    }
    if (jars_in(folder) != listed)
        return cm_fail(CM_DATA_LOSS, "%s has %d jars, not %d", folder, jars_in(folder), listed);
    return cm_ok();
}

/* ---- fetching ---- */

static cm_status write_pom(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(kaf_pom, file) < 0 || fclose(file) != 0)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be written: %s", path, strerror(errno));
    return cm_ok();
}

/* Maven, with its output in a pipe. */
static pid_t start_maven(char *const *words, int *output)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none); /* a Ctrl-C ends it, and with it the fetch */
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        execvp(words[0], words);
        _exit(127);
    }
    close(ends[1]);
    *output = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

static cm_status run_maven(char *const *words)
{
    cli_progress progress;
    char *line = NULL, last[256] = "no word";
    size_t capacity = 0;
    int output, how = 0;
    int64_t files = 0;
    pid_t pid = start_maven(words, &output);

    if (pid < 0)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "Maven cannot be started: %s", strerror(errno));
    cli_progress_start(&progress, "Apache Kafka, by Maven", 0);
    progress.unit = "files";
    FILE *lines = fdopen(output, "r");
    while (getline(&line, &capacity, lines) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strstr(line, "ERROR") && strcmp(last, "no word") == 0)
            snprintf(last, sizeof last, "%s", line);
        files += strstr(line, "Downloaded from") != NULL || strstr(line, "Copying ") != NULL;
        cli_progress_step(&progress, files, files);
    }
    cli_progress_end(&progress);
    free(line);
    fclose(lines);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
        return cm_ok();
    return cm_fail(CM_UNAVAILABLE, "Maven could not fetch Apache Kafka: %s", last);
}

/* Into a folder beside the one wanted, which gets its name once it is whole: a fetch that was cut off never looks
 * finished, and of two at once either will do. */
static cm_status fetch(const char *folder)
{
    CM_FREE char *made = cm_format("%s.part.XXXXXX", folder);

    if (!mkdtemp(made))
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be made: %s", made, strerror(errno));
    CM_FREE char *pom = cm_format("%s/pom.xml", made), *jars = cm_format("%s/jars", made);
    CM_FREE char *into = cm_format("-DoutputDirectory=%s", jars);
    char *words[] = {"mvn", "-B", "-f", pom, "-DincludeScope=runtime", into, PLUGIN, NULL};
    CM_TRY(write_pom(pom));
    CM_TRY(run_maven(words));
    CM_TRY(check(jars));
    if (rename(jars, folder) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be put in place: %s", folder, strerror(errno));
    unlink(pom);
    rmdir(made);
    return cm_ok();
}

cm_status kaf_jars(char **folder)
{
    const char *given = getenv("CITYNEG_KAFKA_JARS");
    CM_FREE char *wanted = given && *given ? cm_strdup(given) : folder_of_version();
    CM_FREE char *parent = cm_strdup(wanted);
    char *slash = strrchr(parent, '/');

    CM_TRY(kaf_need("java", "default-jre-headless"));
    if (access(wanted, R_OK) != 0) {
        CM_TRY(kaf_need("mvn", "maven"));
        if (slash && slash > parent) {
            *slash = '\0';
            CM_TRY(make_folders(parent));
        }
        CM_TRY(fetch(wanted));
    }
    *folder = cm_strdup(wanted);
    return cm_ok();
}
