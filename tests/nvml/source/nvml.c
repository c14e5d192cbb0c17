/* NVML's binary interface, answered from the control file that FAKE_NVML_CONFIG names.
 *
 * Layouts and symbol names are those that pynvml of nvidia-ml-py uses. A function that is not here is
 * not offered, and pynvml then says "Function Not Found", as with a driver too old for it.
 */
#include "device.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OFFERED __attribute__((visibility("default"))) int

typedef union { double d; unsigned ui; unsigned long long ull; } Value;
typedef struct { unsigned long long stamp; Value value; } PowerSample;
typedef struct {
    uint32_t field, scope;
    int64_t timestamp, latency;
    unsigned type, code;
    Value value;
} FieldValue;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned pid; unsigned long long memory; unsigned gpu, compute; } RunningProcess;
typedef struct {
    unsigned pid;
    unsigned long long stamp;
    unsigned sm, memory, encoder, decoder;
} ProcessSample;
typedef struct {
    char legacy[16];
    unsigned domain, bus, device, id, subsystem;
    char bus_id[32];
} Pci;
typedef struct { unsigned version, sensor; int temperature; } Temperature;

enum { TYPE_UNSIGNED = 1, TYPE_UNSIGNED_LONG_LONG = 3, ALL_INSTANCES = (int)0xFFFFFFFF };

/* NVML may be called from several threads at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users;
static char opened[4096];

static int leave(int code)
{
    pthread_mutex_unlock(&lock);
    return code;
}

/* Every call begins here, and holds the lock from then on. */
static int enter(const char *function, int device)
{
    pthread_mutex_lock(&lock);
    if (users == 0)
        return UNINITIALIZED;
    state_refresh();
    return state_error(function, device);
}

static int index_of(const Device *device)
{
    uintptr_t start = (uintptr_t)state.devices, at = (uintptr_t)device;
    size_t index = (at - start) / sizeof(Device);
    if (at < start || (at - start) % sizeof(Device) || index >= (size_t)state.device_count)
        return -1;
    return (int)index;
}

static int enter_device(const char *function, const Device *device, const void *answer)
{
    int code = enter(function, index_of(device));
    if (code == SUCCESS && (index_of(device) < 0 || !answer))
        code = INVALID_ARGUMENT;
    return code;
}

#define ENTER(device)                                                                            \
    do {                                                                                         \
        int code_ = enter(__func__, device);                                                     \
        if (code_)                                                                               \
            return leave(code_);                                                                 \
    } while (0)
#define ENTER_DEVICE(answer)                                                                     \
    do {                                                                                         \
        int code_ = enter_device(__func__, device, answer);                                      \
        if (code_)                                                                               \
            return leave(code_);                                                                 \
    } while (0)

static int text(const char *from, char *into, unsigned room)
{
    if (!into)
        return INVALID_ARGUMENT;
    return (unsigned)snprintf(into, room, "%s", from) < room ? SUCCESS : INSUFFICIENT_SIZE;
}

static int initialise(const char *function)
{
    const char *path = getenv("FAKE_NVML_CONFIG");
    pthread_mutex_lock(&lock);
    /* Another control file is another machine, even for a process that never shut down. */
    if (users == 0 || !path || strcmp(path, opened) != 0) {
        if (state_open(path) != 0)
            return leave(DRIVER_NOT_LOADED);
        users = 0;
        snprintf(opened, sizeof opened, "%s", path);
    }
    state_refresh();
    int code = state_error(function, -1);
    if (code == SUCCESS)
        users++;
    return leave(code);
}

OFFERED nvmlInit_v2(void) { return initialise(__func__); }
OFFERED nvmlInitWithFlags(unsigned flags) { (void)flags; return initialise(__func__); }

OFFERED nvmlShutdown(void)
{
    ENTER(-1);
    users--;
    return leave(SUCCESS);
}

__attribute__((visibility("default"))) const char *nvmlErrorString(int code)
{
    static const char *const known[] = {
        "Success", "Uninitialized", "Invalid Argument", "Not Supported",
        "Insufficient Permissions", "Already Initialized", "Not Found", "Insufficient Size",
        "Insufficient External Power", "Driver Not Loaded", "Timeout", "Interrupt Request Issue",
        "NVML Shared Library Not Found", "Function Not Found", "Corrupted infoROM", "GPU is lost",
        "GPU requires reset", "The operating system has blocked the request",
        "RM has detected an NVML/RM version mismatch.", "GPU is in use", "Insufficient memory",
        "No data"};
    return code >= 0 && code < (int)(sizeof known / sizeof *known) ? known[code] : "Unknown Error";
}

OFFERED nvmlSystemGetDriverVersion(char *into, unsigned room)
{
    ENTER(-1);
    return leave(text(state.driver, into, room));
}

OFFERED nvmlSystemGetNVMLVersion(char *into, unsigned room)
{
    ENTER(-1);
    return leave(text(state.nvml, into, room));
}

OFFERED nvmlDeviceGetCount_v2(unsigned *count)
{
    ENTER(-1);
    *count = (unsigned)state.device_count;
    return leave(SUCCESS);
}

OFFERED nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device)
{
    ENTER((int)index);
    if (index >= (unsigned)state.device_count)
        return leave(INVALID_ARGUMENT);
    *device = &state.devices[index];
    return leave(SUCCESS);
}

OFFERED nvmlDeviceGetHandleByUUID(const char *uuid, Device **device)
{
    ENTER(-1);
    for (int i = 0; uuid && i < state.device_count; i++)
        if (strcmp(state.devices[i].uuid, uuid) == 0) {
            *device = &state.devices[i];
            return leave(SUCCESS);
        }
    return leave(uuid ? NOT_FOUND : INVALID_ARGUMENT);
}

OFFERED nvmlDeviceGetName(Device *device, char *into, unsigned room)
{
    ENTER_DEVICE(into);
    return leave(text(device->name, into, room));
}

OFFERED nvmlDeviceGetUUID(Device *device, char *into, unsigned room)
{
    ENTER_DEVICE(into);
    return leave(text(device->uuid, into, room));
}

OFFERED nvmlDeviceGetPciInfo_v3(Device *device, Pci *pci)
{
    ENTER_DEVICE(pci);
    unsigned bus = (unsigned)device->bus & 0xFF;
    *pci = (Pci){.bus = bus, .id = 0x233510DE, .subsystem = 0x18BE10DE};
    snprintf(pci->legacy, sizeof pci->legacy, "0000:%02X:00.0", bus);
    snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", bus);
    return leave(SUCCESS);
}

/* A function that answers one number about a device. */
#define ANSWER(function, type, value)                                                            \
    OFFERED function(Device *device, type *answer)                                               \
    {                                                                                            \
        ENTER_DEVICE(answer);                                                                    \
        *answer = (type)(value);                                                                 \
        return leave(SUCCESS);                                                                   \
    }

ANSWER(nvmlDeviceGetIndex, unsigned, index_of(device))
ANSWER(nvmlDeviceGetArchitecture, unsigned, device->architecture)
ANSWER(nvmlDeviceGetPowerUsage, unsigned, energy_power(device, state_now()))
ANSWER(nvmlDeviceGetEnforcedPowerLimit, unsigned, device->power_limit)
ANSWER(nvmlDeviceGetPowerManagementLimit, unsigned, device->power_limit)
ANSWER(nvmlDeviceGetPowerManagementDefaultLimit, unsigned, device->power_default)
ANSWER(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, device->reasons)
ANSWER(nvmlDeviceGetCurrentClocksEventReasons, unsigned long long, device->reasons)
ANSWER(nvmlDeviceGetPersistenceMode, unsigned, device->persistence)
ANSWER(nvmlDeviceGetComputeMode, unsigned, device->compute_mode)
ANSWER(nvmlDeviceGetPerformanceState, unsigned, device->pstate)
ANSWER(nvmlDeviceIsMigDeviceHandle, unsigned, 0)
ANSWER(nvmlDeviceGetMaxMigDeviceCount, unsigned, device->mig < 0 ? 0 : device->max_mig)

/* Two numbers about a device, in two places. */
#define ANSWER_TWO(function, type, first, second)                                                \
    OFFERED function(Device *device, type *one, type *two)                                       \
    {                                                                                            \
        ENTER_DEVICE(one && two ? one : NULL);                                                   \
        *one = (type)(first);                                                                    \
        *two = (type)(second);                                                                   \
        return leave(SUCCESS);                                                                   \
    }

ANSWER_TWO(nvmlDeviceGetCudaComputeCapability, int, device->cc_major, device->cc_minor)
ANSWER_TWO(nvmlDeviceGetPowerManagementLimitConstraints, unsigned, device->power_min,
           device->power_max)

OFFERED nvmlDeviceGetMigMode(Device *device, unsigned *current, unsigned *pending)
{
    ENTER_DEVICE(current && pending ? current : NULL);
    if (device->mig < 0)
        return leave(NOT_SUPPORTED);
    *current = *pending = (unsigned)device->mig;
    return leave(SUCCESS);
}

/* Graphics 0, SM 1, memory 2; the video clock is not modelled. */
#define ANSWER_CLOCK(function, core, memory)                                                     \
    OFFERED function(Device *device, unsigned kind, unsigned *answer)                            \
    {                                                                                            \
        ENTER_DEVICE(answer);                                                                    \
        if (kind > 2)                                                                            \
            return leave(kind == 3 ? NOT_SUPPORTED : INVALID_ARGUMENT);                          \
        *answer = (unsigned)(kind == 2 ? device->memory : device->core);                         \
        return leave(SUCCESS);                                                                   \
    }

ANSWER_CLOCK(nvmlDeviceGetClockInfo, sm_clock, mem_clock)
ANSWER_CLOCK(nvmlDeviceGetMaxClockInfo, max_sm_clock, max_mem_clock)
ANSWER_CLOCK(nvmlDeviceGetApplicationsClock, app_sm_clock, app_mem_clock)

OFFERED nvmlDeviceGetTemperature(Device *device, unsigned sensor, unsigned *answer)
{
    ENTER_DEVICE(answer);
    *answer = (unsigned)device->temperature;
    return leave(sensor == 0 ? SUCCESS : INVALID_ARGUMENT);
}

OFFERED nvmlDeviceGetTemperatureV(Device *device, Temperature *answer)
{
    ENTER_DEVICE(answer);
    if (answer->version != (sizeof *answer | 1 << 24))
        return leave(VERSION_MISMATCH);
    answer->temperature = (int)device->temperature;
    return leave(answer->sensor == 0 ? SUCCESS : INVALID_ARGUMENT);
}

OFFERED nvmlDeviceGetMemoryInfo(Device *device, Memory *answer)
{
    ENTER_DEVICE(answer);
    /* This older form counts what the driver reserves as used. */
    answer->total = (unsigned long long)device->mem_total;
    answer->used = (unsigned long long)(device->mem_used + device->mem_reserved);
    answer->free = answer->total - answer->used;
    return leave(SUCCESS);
}

OFFERED nvmlDeviceGetMemoryInfo_v2(Device *device, MemoryV2 *answer)
{
    ENTER_DEVICE(answer);
    if (answer->version != (sizeof *answer | 2 << 24))
        return leave(VERSION_MISMATCH);
    answer->total = (unsigned long long)device->mem_total;
    answer->reserved = (unsigned long long)device->mem_reserved;
    answer->used = (unsigned long long)device->mem_used;
    answer->free = answer->total - answer->used - answer->reserved;
    return leave(SUCCESS);
}

OFFERED nvmlDeviceGetUtilizationRates(Device *device, unsigned answer[2])
{
    ENTER_DEVICE(answer);
    answer[0] = (unsigned)device->gpu_util;
    answer[1] = (unsigned)device->mem_util;
    return leave(SUCCESS);
}

/* Half of the time that a reading of the counter takes, spent with the lock open to other threads. */
static void linger(const Device *device)
{
    long long half = device->latency * 500;
    if (half > 0) {
        pthread_mutex_unlock(&lock);
        nanosleep(&(struct timespec){half / 1000000000, half % 1000000000}, NULL);
        pthread_mutex_lock(&lock);
        state_refresh();
    }
}

static unsigned long long read_counter(const Device *device)
{
    linger(device);
    unsigned long long answer = energy_counter(device, state_now());
    linger(device);
    return answer;
}

ANSWER(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, read_counter(device))

/* Without a buffer: how many samples there can be. With one: those newer than `seen`. */
OFFERED nvmlDeviceGetSamples(Device *device, unsigned kind, unsigned long long seen,
                             unsigned *value_type, unsigned *count, PowerSample *into)
{
    ENTER_DEVICE(value_type && count ? count : NULL);
    if (kind != 0)
        return leave(NOT_SUPPORTED);
    *value_type = TYPE_UNSIGNED;
    size_t ring = (size_t)device->ring;
    if (into && *count == 0)
        return leave(INVALID_ARGUMENT);
    Sample *found = malloc((ring + 1) * sizeof *found);
    size_t n = found ? energy_samples(device, state_now(), seen, found, ring) : 0;
    size_t room = into && *count < n ? *count : n;
    for (size_t i = 0; into && i < room; i++) {
        into[i].stamp = found[i].stamp;
        into[i].value.ull = 0;
        into[i].value.ui = found[i].milliwatts;
    }
    free(found);
    *count = into ? (unsigned)room : (unsigned)ring;
    return leave(n ? SUCCESS : NOT_FOUND);
}

/* One field; an error injected into the function of the same meaning is the field's error too. */
static void field_value(Device *device, FieldValue *field)
{
    double now = state_now();
    int index = index_of(device);
    const char *kin = "nvmlDeviceGetPowerManagementLimit";
    field->timestamp = (int64_t)energy_stamp(device, now);
    field->latency = 0;
    field->type = TYPE_UNSIGNED;
    field->value.ull = 0;
    field->code = SUCCESS;
    switch (field->field) {
    case 83: case 191: /* total energy */
        kin = "nvmlDeviceGetTotalEnergyConsumption";
        field->type = TYPE_UNSIGNED_LONG_LONG;
        field->value.ull = read_counter(device);
        field->latency = device->latency;
        break;
    case 185: /* average power */
        kin = "nvmlDeviceGetPowerUsage";
        field->value.ui = energy_power(device, now);
        break;
    case 186: { /* the newest sample; that one is never lost on its way */
        Sample newest = {0, 0};
        Device whole = *device;
        kin = "nvmlDeviceGetPowerUsage";
        whole.ring = 1, whole.drop_every = whole.duplicate_every = 0, whole.gaps.count = 0;
        energy_samples(&whole, now, 0, &newest, 1);
        field->value.ui = newest.milliwatts;
        break;
    }
    case 187: field->value.ui = (unsigned)device->power_min; break;
    case 188: field->value.ui = (unsigned)device->power_max; break;
    case 189: field->value.ui = (unsigned)device->power_default; break;
    case 190: case 192: field->value.ui = (unsigned)device->power_limit; break;
    default: field->code = NOT_SUPPORTED; return;
    }
    field->code = (unsigned)state_error(kin, index);
}

OFFERED nvmlDeviceGetFieldValues(Device *device, int count, FieldValue *fields)
{
    ENTER_DEVICE(count > 0 ? fields : NULL);
    for (int i = 0; i < count; i++)
        field_value(device, &fields[i]);
    return leave(SUCCESS);
}

static unsigned pid_of(const Process *process)
{
    return process->pid ? process->pid : (unsigned)getpid();
}

OFFERED nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count,
                                                RunningProcess *into)
{
    ENTER_DEVICE(count);
    double now = state_now();
    unsigned room = into ? *count : 0, n = 0;
    for (size_t i = 0; i < device->process_count; i++) {
        const Process *process = &device->processes[i];
        if (now < process->start || now >= process->end)
            continue;
        if (n < room) /* a device that is not split has no instances */
            into[n] = (RunningProcess){pid_of(process), process->memory,
                                       (unsigned)ALL_INSTANCES, (unsigned)ALL_INSTANCES};
        n++;
    }
    *count = n;
    return leave(n > room ? INSUFFICIENT_SIZE : SUCCESS);
}

OFFERED nvmlDeviceGetComputeRunningProcesses_v2(Device *device, unsigned *count,
                                                RunningProcess *into)
{
    return nvmlDeviceGetComputeRunningProcesses_v3(device, count, into);
}

OFFERED nvmlDeviceGetGraphicsRunningProcesses_v3(Device *device, unsigned *count,
                                                 RunningProcess *into)
{
    (void)into;
    ENTER_DEVICE(count);
    *count = 0; /* nobody draws on these devices */
    return leave(SUCCESS);
}

OFFERED nvmlDeviceGetGraphicsRunningProcesses_v2(Device *device, unsigned *count,
                                                 RunningProcess *into)
{
    return nvmlDeviceGetGraphicsRunningProcesses_v3(device, count, into);
}

/* The newest sample of each process that worked, if newer than `seen`; one each fifth of a second. */
OFFERED nvmlDeviceGetProcessUtilization(Device *device, ProcessSample *into, unsigned *count,
                                        unsigned long long seen)
{
    ENTER_DEVICE(count);
    if (!into) {
        *count = MAX_PROCESSES;
        return leave(INSUFFICIENT_SIZE);
    }
    double now = state_now();
    unsigned n = 0;
    for (size_t i = 0; i < device->process_count; i++) {
        const Process *process = &device->processes[i];
        double until = process->end < now ? process->end : now;
        double at = (double)(long long)(until * 5) / 5;
        unsigned long long stamp = energy_stamp(device, at);
        if (process->sm == 0 || at <= process->start || stamp <= seen)
            continue;
        if (n == *count)
            return leave(INSUFFICIENT_SIZE);
        into[n++] = (ProcessSample){.pid = pid_of(process), .stamp = stamp, .sm = process->sm};
    }
    *count = n;
    return leave(n ? SUCCESS : NOT_FOUND);
}
