/* Energy and power: the counter, the samples, and the fields that mean the same. */
#include "call.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

typedef union { double d; unsigned ui; unsigned long long ull; } Value;
typedef struct { unsigned long long stamp; Value value; } PowerSample;
typedef struct {
    uint32_t field, scope;
    int64_t timestamp, latency;
    unsigned type, code;
    Value value;
} FieldValue;

enum { TYPE_UNSIGNED = 1, TYPE_UNSIGNED_LONG_LONG = 3 };

/* Half of the time that a reading of the counter takes, spent with the lock open to other threads. */
static void linger(const Device *device)
{
    long long half = device->latency * 500;
    if (half > 0) {
        call_pause();
        nanosleep(&(struct timespec){half / 1000000000, half % 1000000000}, NULL);
        call_resume();
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

/* What a power of the module's scope holds beside the GPU's; most devices know no such scope. */
static unsigned beside(const Device *device, FieldValue *field)
{
    if (field->scope == 1 && device->module == 0)
        field->code = NOT_SUPPORTED;
    return field->scope == 1 ? (unsigned)device->beside : 0;
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
        field->value.ui = energy_power(device, now) + beside(device, field);
        break;
    case 186: { /* the newest sample; that one is never lost on its way */
        Sample newest = {0, 0};
        Device whole = *device;
        kin = "nvmlDeviceGetPowerUsage";
        whole.ring = 1, whole.drop_every = whole.duplicate_every = 0, whole.gaps.count = 0;
        energy_samples(&whole, now, 0, &newest, 1);
        field->value.ui = newest.milliwatts + beside(device, field);
        break;
    }
    case 187: field->value.ui = (unsigned)device->power_min; break;
    case 188: field->value.ui = (unsigned)device->power_max; break;
    case 189: field->value.ui = (unsigned)device->power_default; break;
    case 190: case 192: field->value.ui = (unsigned)device->power_limit; break;
    default: field->code = NOT_SUPPORTED; return;
    }
    if (field->code == SUCCESS)
        field->code = (unsigned)state_error(kin, index);
}

OFFERED nvmlDeviceGetFieldValues(Device *device, int count, FieldValue *fields)
{
    ENTER_DEVICE(count > 0 ? fields : NULL);
    for (int i = 0; i < count; i++)
        field_value(device, &fields[i]);
    return leave(SUCCESS);
}
