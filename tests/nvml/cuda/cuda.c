/* A stand-in for CUDA's driver library: which devices a process sees, and their UUIDs.
 *
 * The devices are those of the stand-in NVML's control file. As in the real driver the environment is
 * read once, by cuInit: CUDA_VISIBLE_DEVICES lists indices or beginnings of UUIDs and ends at the
 * first that means nothing; CUDA_DEVICE_ORDER says what indices count. By default that is the fastest
 * first, taken here to be the reverse of the bus order, so that a test can tell the two apart.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFFERED __attribute__((visibility("default"))) int
#define MAX_DEVICES 16

enum { SUCCESS = 0, INVALID_VALUE = 1, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101 };

static char uuids[MAX_DEVICES][96]; /* in CUDA's order */
static int visible[MAX_DEVICES], visible_count = -1;
static pid_t initialised_in;

static int read_devices(void)
{
    const char *path = getenv("FAKE_NVML_CONFIG");
    FILE *control = path ? fopen(path, "r") : NULL;
    char line[512];
    int count = 0, index;
    while (control && count < MAX_DEVICES && fgets(line, sizeof line, control))
        if (sscanf(line, "0 %d uuid %95s", &index, uuids[count]) == 2)
            count++;
    if (control)
        fclose(control);
    const char *order = getenv("CUDA_DEVICE_ORDER");
    if (!order || strcmp(order, "PCI_BUS_ID") != 0)
        for (int i = 0; i < count / 2; i++) {
            char other[sizeof uuids[0]];
            memcpy(other, uuids[i], sizeof other);
            memcpy(uuids[i], uuids[count - 1 - i], sizeof other);
            memcpy(uuids[count - 1 - i], other, sizeof other);
        }
    return count;
}

/* The device that one word of CUDA_VISIBLE_DEVICES means, or -1. */
static int meant(const char *word, size_t length, int count)
{
    char *end;
    if (length && strncmp(word, "GPU-", 4) != 0) {
        long index = strtol(word, &end, 10);
        return end == word + length && index >= 0 && index < count ? (int)index : -1;
    }
    for (int i = 0; length && i < count; i++)
        if (strncmp(uuids[i], word, length) == 0)
            return i;
    return -1;
}

static int choose(void)
{
    int count = read_devices(), chosen = 0;
    const char *word = getenv("CUDA_VISIBLE_DEVICES");
    for (; !word && chosen < count; chosen++)
        visible[chosen] = chosen;
    while (word && chosen < MAX_DEVICES) {
        size_t length = strcspn(word, ",");
        int device = meant(word, length, count);
        for (int i = 0; i < chosen; i++)
            if (device == visible[i]) /* a device named twice: none is visible */
                return 0;
        if (device < 0)
            break;
        visible[chosen++] = device;
        if (!word[length])
            break;
        word += length + 1;
    }
    return chosen;
}

OFFERED cuInit(unsigned flags)
{
    static char machine[4096]; /* a test process may move to another one */
    const char *path = getenv("FAKE_NVML_CONFIG");
    (void)flags;
    if (visible_count >= 0 && initialised_in != getpid()) /* a fork of one that had initialised it */
        return NOT_INITIALIZED;
    initialised_in = getpid();
    if (visible_count < 0 || strncmp(machine, path ? path : "", sizeof machine - 1) != 0) {
        snprintf(machine, sizeof machine, "%s", path ? path : "");
        visible_count = choose();
    }
    return visible_count ? SUCCESS : NO_DEVICE;
}

OFFERED cuDeviceGetCount(int *count)
{
    if (visible_count < 0)
        return NOT_INITIALIZED;
    *count = visible_count;
    return SUCCESS;
}

OFFERED cuDeviceGet(int *device, int ordinal)
{
    if (ordinal < 0 || ordinal >= visible_count)
        return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}

OFFERED cuDeviceGetUuid(unsigned char *uuid, int device)
{
    if (device < 0 || device >= visible_count)
        return INVALID_DEVICE;
    const char *text = uuids[visible[device]] + strlen("GPU-");
    for (int i = 0; i < 16; text++) {
        unsigned byte;
        if (*text == '-')
            continue;
        if (sscanf(text, "%2x", &byte) != 1)
            return INVALID_VALUE;
        uuid[i++] = (unsigned char)byte;
        text++;
    }
    return SUCCESS;
}
