/* Who computes on a device, and how busily. */
#include "call.h"

#include <unistd.h>

typedef struct { unsigned pid; unsigned long long memory; unsigned gpu, compute; } RunningProcess;
typedef struct {
    unsigned pid;
    unsigned long long stamp;
    unsigned sm, memory, encoder, decoder;
} ProcessSample;

enum { ALL_INSTANCES = (int)0xFFFFFFFF };

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
        unsigned pid = pid_of(process) + (unsigned)device->pid_shift;
        into[n++] = (ProcessSample){.pid = pid, .stamp = stamp, .sm = process->sm};
    }
    *count = n;
    return leave(n ? SUCCESS : NOT_FOUND);
}
