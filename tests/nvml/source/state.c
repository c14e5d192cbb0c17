/* The control file: lines `NANOSECONDS DEVICE KEY VALUE...`, only ever added to.
 *
 * The first lines describe the devices; later ones change them while they run. A line counts from the
 * instant it carries, not from when it was read, so that all processes agree on what happened when.
 * Numbers are whole, since reading fractions would depend on the locale of the host program.
 */
#include "device.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

State state;

static int control = -1;
static off_t consumed;

double state_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec * 1000000000LL + now.tv_nsec - state.epoch) * 1e-9;
}

static void *grown(void *array, size_t count, size_t size)
{
    /* Doubling at powers of two keeps long recordings cheap to read. */
    if (count == 0 || (count & (count - 1)) == 0)
        array = realloc(array, (count ? count * 2 : 1) * size);
    if (!array)
        abort();
    return array;
}

static void add_step(Steps *steps, double start, double value)
{
    steps->at = grown(steps->at, steps->count, sizeof *steps->at);
    steps->at[steps->count++] = (Step){start, value};
}

static void add_piece(Device *device, double seconds, double milliwatts)
{
    size_t n = device->pieces;
    double before = n ? device->seconds[n - 1] : 0, energy = n ? device->energy[n - 1] : 0;
    device->seconds = grown(device->seconds, n, sizeof(double));
    device->energy = grown(device->energy, n, sizeof(double));
    device->milliwatts = grown(device->milliwatts, n, sizeof(double));
    device->seconds[n] = before + seconds;
    device->energy[n] = energy + seconds * milliwatts;
    device->milliwatts[n] = milliwatts;
    device->pieces = n + 1;
}

/* The next whole number of a line; anything else marks the file as broken. */
static long long number(char **rest)
{
    char *end;
    long long value = strtoll(*rest, &end, 10);
    if (end == *rest)
        state.broken = 1;
    *rest = end;
    return value;
}

static char *word(char **rest)
{
    char *start = *rest + strspn(*rest, " ");
    *rest = start + strcspn(start, " ");
    if (**rest)
        *(*rest)++ = '\0';
    return start;
}

static void set_error(int device, char *rest)
{
    char *function = word(&rest);
    Error *rule = state.errors;
    while (rule < state.errors + state.error_count &&
           (rule->device != device || strcmp(rule->function, function) != 0))
        rule++;
    if (rule == state.errors + MAX_ERRORS || strlen(function) >= sizeof rule->function) {
        state.broken = 1;
        return;
    }
    if (rule == state.errors + state.error_count)
        state.error_count++;
    memset(rule, 0, sizeof *rule);
    strcpy(rule->function, function);
    rule->device = device;
    rule->code = (int)number(&rest);
    rule->after = number(&rest);
    rule->times = number(&rest);
}

static void set_counter(Device *device, double when, char *rest)
{
    static const char *const modes[] = {"normal", "frozen", "zero", "back"};
    char *mode = word(&rest);
    for (int i = 0; i < 4; i++)
        if (strcmp(mode, modes[i]) == 0) {
            device->counter_mode = i;
            device->counter_since = when;
            device->counter_back = (double)number(&rest);
            return;
        }
    state.broken = 1;
}

static void set_process(Device *device, double when, char *rest)
{
    unsigned pid = (unsigned)number(&rest);
    long long memory = number(&rest), sm = number(&rest);
    /* A second line for a process ends the first: what it did until then stays on record. */
    for (size_t i = 0; i < device->process_count; i++)
        if (device->processes[i].pid == pid && device->processes[i].end > when)
            device->processes[i].end = when;
    if (memory < 0) /* gone */
        return;
    if (device->process_count == MAX_PROCESSES) {
        state.broken = 1;
        return;
    }
    device->processes[device->process_count++] =
        (Process){pid, (unsigned)sm, (unsigned long long)memory, when, INFINITY};
}

static int set_device(Device *device, double when, const char *key, char *rest)
{
#define SET(name) if (strcmp(key, #name) == 0) { device->name = number(&rest); return 1; }
    SETTINGS(SET)
#undef SET
    if (strcmp(key, "piece") == 0) { /* nanoseconds, microwatts */
        double seconds = (double)number(&rest) * 1e-9;
        add_piece(device, seconds, (double)number(&rest) * 1e-3);
    } else if (strcmp(key, "scale") == 0) /* millionths */
        add_step(&device->scales, when, (double)number(&rest) * 1e-6);
    else if (strcmp(key, "shift") == 0) /* microseconds, on top of earlier shifts */
        add_step(&device->shifts, when,
                 steps_at(&device->shifts, when, 0) + (double)number(&rest) * 1e-6);
    else if (strcmp(key, "gap") == 0) /* until how many ns after the epoch */
        add_step(&device->gaps, when, (double)number(&rest) * 1e-9);
    else if (strcmp(key, "counter") == 0)
        set_counter(device, when, rest);
    else if (strcmp(key, "process") == 0)
        set_process(device, when, rest);
    else if (strcmp(key, "name") == 0)
        snprintf(device->name, sizeof device->name, "%s", rest);
    else if (strcmp(key, "uuid") == 0)
        snprintf(device->uuid, sizeof device->uuid, "%s", rest);
    else
        return 0;
    return 1;
}

static void take(char *line)
{
    char *rest = line;
    double when = (double)number(&rest) * 1e-9;
    char *target = word(&rest), *key = word(&rest);
    int device = *target == '*' ? -1 : atoi(target);

    if (when <= 0) /* what was so at the epoch was always so */
        when = -INFINITY;
    if (device >= MAX_DEVICES)
        state.broken = 1;
    else if (strcmp(key, "error") == 0)
        set_error(device, rest);
    else if (device >= 0) {
        if (device >= state.device_count)
            state.device_count = device + 1;
        if (!set_device(&state.devices[device], when, key, rest))
            state.broken = 1;
    } else if (strcmp(key, "epoch") == 0) {
        state.epoch = number(&rest);
        state.wall = number(&rest);
    } else if (strcmp(key, "driver") == 0)
        snprintf(state.driver, sizeof state.driver, "%s", rest);
    else if (strcmp(key, "nvml") == 0)
        snprintf(state.nvml, sizeof state.nvml, "%s", rest);
    else
        state.broken = 1;
}

void state_refresh(void)
{
    struct stat seen;
    /* The size tells that something is new: the file only grows. */
    if (control < 0 || fstat(control, &seen) != 0 || seen.st_size <= consumed)
        return;
    size_t size = (size_t)(seen.st_size - consumed);
    char *text = malloc(size + 1);
    ssize_t got = text ? pread(control, text, size, consumed) : -1;
    if (got > 0) {
        text[got] = '\0';
        char *line = text, *end;
        while ((end = strchr(line, '\n'))) { /* an unfinished line waits for its rest */
            *end = '\0';
            take(line);
            line = end + 1;
        }
        consumed += line - text;
    }
    free(text);
}

int state_open(const char *path)
{
    for (int i = 0; i < MAX_DEVICES; i++) {
        Device *device = &state.devices[i];
        free(device->seconds), free(device->energy), free(device->milliwatts);
        free(device->scales.at), free(device->shifts.at), free(device->gaps.at);
    }
    memset(&state, 0, sizeof state);
    if (control >= 0)
        close(control);
    consumed = 0;
    control = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (control < 0)
        return -1;
    state_refresh();
    return 0;
}

static int matches(const char *pattern, const char *function)
{
    size_t length = strlen(pattern);
    if (length && pattern[length - 1] == '*')
        return strncmp(pattern, function, length - 1) == 0;
    if (strncmp(pattern, function, length) != 0)
        return 0;
    return !function[length] || (function[length] == '_' && function[length + 1] == 'v');
}

/* The error that a call must answer; counts the call. Calls are counted in each process by itself. */
int state_error(const char *function, int device)
{
    int code = state.broken ? UNKNOWN : SUCCESS;
    for (size_t i = 0; i < state.error_count; i++) {
        Error *rule = &state.errors[i];
        if ((rule->device >= 0 && rule->device != device) || !matches(rule->function, function))
            continue;
        long long past = ++rule->calls - rule->after;
        if (past > 0 && (rule->times < 0 || past <= rule->times))
            code = code ? code : rule->code;
    }
    return code;
}
