/* What the system knows of this process, under the names that every Prometheus library uses. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cm_metrics.h"

static void processor_time(void *context, cm_metric_out *out)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    CM_METRIC(out, (double)used.tv_sec + (double)used.tv_nsec / 1e9);
}

/* Of /proc/self/statm: 0 all memory, 1 what is in RAM. */
static double memory(int which)
{
    uint64_t pages[2] = {0, 0};
    FILE *file = fopen("/proc/self/statm", "re");

    if (file) {
        if (fscanf(file, "%" SCNu64 " %" SCNu64, &pages[0], &pages[1]) != 2)
            pages[0] = pages[1] = 0;
        fclose(file);
    }
    return (double)pages[which] * (double)sysconf(_SC_PAGESIZE);
}

static void resident(void *context, cm_metric_out *out)
{
    CM_METRIC(out, memory(1));
}

static void address_space(void *context, cm_metric_out *out)
{
    CM_METRIC(out, memory(0));
}

static void open_descriptors(void *context, cm_metric_out *out)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    if (!folder)
        return;
    while (readdir(folder))
        count++;
    closedir(folder);
    CM_METRIC(out, count - 3); /* without `.`, `..` and the folder itself */
}

static void most_descriptors(void *context, cm_metric_out *out)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        CM_METRIC(out, (double)limit.rlim_cur);
}

/* The 22nd word of /proc/self/stat: ticks between the start of the machine and that of the process. */
static double start_seconds(void)
{
    char line[1024];
    struct timespec wall, since_boot;
    FILE *file = fopen("/proc/self/stat", "re");
    bool read = file && fgets(line, sizeof line, file);

    if (file)
        fclose(file);
    char *at = read ? strrchr(line, ')') : NULL; /* the program's name, in brackets, may hold spaces */
    for (int word = 2; at && word < 22; word++)
        at = strchr(at + 1, ' ');
    if (!at)
        return 0;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return (double)(wall.tv_sec - since_boot.tv_sec) + strtod(at + 1, NULL) / (double)sysconf(_SC_CLK_TCK);
}

static void start_time(void *context, cm_metric_out *out)
{
    CM_METRIC(out, start_seconds());
}

void cm_metrics_add_process(cm_metrics *metrics)
{
    static const cm_metric all[] = {
        {"process_cpu_seconds_total", "Processor time that was used.", CM_COUNTER, processor_time},
        {"process_resident_memory_bytes", "Memory in RAM.", CM_GAUGE, resident},
        {"process_virtual_memory_bytes", "Address space.", CM_GAUGE, address_space},
        {"process_open_fds", "Descriptors that are open.", CM_GAUGE, open_descriptors},
        {"process_max_fds", "Descriptors that may be open.", CM_GAUGE, most_descriptors},
        {"process_start_time_seconds", "When the process started, since 1970.", CM_GAUGE, start_time},
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cm_metrics_add(metrics, &all[i]);
}
