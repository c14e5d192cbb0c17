/* What a device is and how it is: limits, clocks, temperature, memory, modes. */
#include "call.h"

typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned version, sensor; int temperature; } Temperature;

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
