/* What all parts of the stand-in NVML share: one device, and the state that all are read from.
 *
 * Time is seconds since the epoch that the control file names, on CLOCK_MONOTONIC: every process that
 * reads the same control file sees the same instant, and so the same counter and the same samples.
 */
#ifndef FAKE_NVML_DEVICE_H
#define FAKE_NVML_DEVICE_H

#include <stddef.h>

#define MAX_DEVICES 16
#define MAX_PROCESSES 32
#define MAX_ERRORS 64

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, VERSION_MISMATCH = 25, UNKNOWN = 999
};

/* Whole numbers that a control line sets by name, e.g. `0 0 sm_clock 1980`. */
#define SETTINGS(X)                                                                              \
    X(architecture) X(cc_major) X(cc_minor) X(bus)                                               \
    X(power_limit) X(power_default) X(power_min) X(power_max)                     /* mW */       \
    X(sm_clock) X(mem_clock) X(max_sm_clock) X(max_mem_clock)                                    \
    X(app_sm_clock) X(app_mem_clock)                                              /* MHz */      \
    X(temperature) X(reasons) X(gpu_util) X(mem_util) X(pstate) X(persistence) X(compute_mode)   \
    X(mem_total) X(mem_used) X(mem_reserved)                                      /* bytes */    \
    X(mig) X(max_mig)                                       /* mig -1: the device knows none */  \
    X(counter_start)                                                              /* mJ */       \
    X(beside)                       /* mW that the counter holds and the samples do not */       \
    X(module)                       /* whether the scope of the module is known */               \
    X(tick) X(tick_lag) X(tick_jitter) X(sample) X(sample_lag) X(sample_jitter)   /* ns */       \
    X(pid_shift)    /* what utilisation adds to ids: those of another PID namespace */           \
    X(power_window)                                                               /* ns */       \
    X(ring) X(drop_every) X(duplicate_every) X(latency)     /* counts; microseconds */

/* A value that holds from `start` on: the past keeps the value it had. */
typedef struct { double start, value; } Step;
typedef struct { Step *at; size_t count; } Steps;

typedef struct {
    unsigned pid;               /* 0: whichever process asks */
    unsigned sm;                /* percent; 0: a context that does nothing */
    unsigned long long memory;
    double start, end;
} Process;

typedef struct {
    char name[96], uuid[96];
#define FIELD(key) long long key;
    SETTINGS(FIELD)
#undef FIELD
    /* The power curve, looped. `seconds` and `energy` (mJ) are sums up to the end of each piece. */
    size_t pieces;
    double *seconds, *energy, *milliwatts;
    Steps scales, shifts, gaps; /* factor on power; seconds added to stamps; end of a gap */
    enum { NORMAL, FROZEN, ZERO, BACK } counter_mode;
    double counter_since, counter_back; /* back by how many mJ */
    Process processes[MAX_PROCESSES];
    size_t process_count;
} Device;

typedef struct {
    char function[64];          /* without its _vN; a trailing `*` matches any rest */
    int device;                 /* -1: any */
    int code;
    long long after, times, calls;
} Error;

typedef struct {
    Device devices[MAX_DEVICES];
    int device_count;
    Error errors[MAX_ERRORS];
    size_t error_count;
    char driver[80], nvml[80];
    long long epoch;            /* CLOCK_MONOTONIC ns */
    long long wall;             /* microseconds of the wall clock at the epoch */
    int broken;                 /* a line of the control file was not understood */
} State;

typedef struct { unsigned long long stamp; unsigned milliwatts; } Sample;

extern State state;

/* state.c */
int state_open(const char *path);   /* read a control file from its start; not 0: no such file */
void state_refresh(void);           /* take in the lines added since */
double state_now(void);
int state_error(const char *function, int device);

/* energy.c */
double steps_at(const Steps *steps, double time, double before);
unsigned long long energy_counter(const Device *device, double now);
unsigned energy_power(const Device *device, double now);
unsigned long long energy_stamp(const Device *device, double time);
size_t energy_samples(const Device *device, double now, unsigned long long seen,
                      Sample *into, size_t room);

#endif
