/* NVML's binary interface, answered from the control file that FAKE_NVML_CONFIG names: here its start
 * and end, and who the devices are; facts.c, readings.c and processes.c have the rest.
 *
 * Layouts and symbol names are those that pynvml of nvidia-ml-py uses. A function that is not here is
 * not offered, and pynvml then says "Function Not Found", as with a driver too old for it.
 */
#include "call.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char legacy[16];
    unsigned domain, bus, device, id, subsystem;
    char bus_id[32];
} Pci;

/* NVML may be called from several threads at once. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int users;
static char opened[4096];

void call_pause(void)
{
    pthread_mutex_unlock(&lock);
}

void call_resume(void)
{
    pthread_mutex_lock(&lock);
    state_refresh();
}

int leave(int code)
{
    pthread_mutex_unlock(&lock);
    return code;
}

/* Every call begins here, and holds the lock from then on. */
int enter(const char *function, int device)
{
    pthread_mutex_lock(&lock);
    if (users == 0)
        return UNINITIALIZED;
    state_refresh();
    return state_error(function, device);
}

int index_of(const Device *device)
{
    uintptr_t start = (uintptr_t)state.devices, at = (uintptr_t)device;
    size_t index = (at - start) / sizeof(Device);
    if (at < start || (at - start) % sizeof(Device) || index >= (size_t)state.device_count)
        return -1;
    return (int)index;
}

int enter_device(const char *function, const Device *device, const void *answer)
{
    int code = enter(function, index_of(device));
    if (code == SUCCESS && (index_of(device) < 0 || !answer))
        code = INVALID_ARGUMENT;
    return code;
}

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
