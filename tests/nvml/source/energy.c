/* From the power curve to what NVML shows of it: the counter, the samples and the slow average.
 *
 * All three are integrals of one curve, so that they agree with each other to a rounding, as those of
 * a device do; only a counter of a whole module holds what else draws on it `beside` the GPU. The counter shows the energy up to its last tick, a little late; a sample is the mean
 * power of the period before its stamp.
 */
#include "device.h"

#include <math.h>

double steps_at(const Steps *steps, double time, double before)
{
    double value = before;
    for (size_t i = 0; i < steps->count && steps->at[i].start <= time; i++)
        value = steps->at[i].value;
    return value;
}

/* mJ of the bare curve from the epoch to `time`; before the epoch it is negative. */
static double curve(const Device *device, double time)
{
    size_t low = 0, high = device->pieces;
    if (high == 0 || device->seconds[high - 1] <= 0)
        return 0;
    double turns = floor(time / device->seconds[high - 1]);
    double rest = time - turns * device->seconds[high - 1];
    while (low + 1 < high) { /* the piece that holds `rest` */
        size_t middle = (low + high) / 2;
        if (device->seconds[middle - 1] <= rest)
            low = middle;
        else
            high = middle;
    }
    double start = low ? device->seconds[low - 1] : 0, energy = low ? device->energy[low - 1] : 0;
    return turns * device->energy[device->pieces - 1] + energy +
           (rest - start) * device->milliwatts[low];
}

/* mJ drawn from `start` to `end`, each stretch with the scale that held then. */
static double drawn(const Device *device, double start, double end)
{
    double total = 0, factor = 1, cursor = start;
    for (size_t i = 0; i < device->scales.count && device->scales.at[i].start < end; i++) {
        Step step = device->scales.at[i];
        if (step.start > cursor) {
            total += factor * (curve(device, step.start) - curve(device, cursor));
            cursor = step.start;
        }
        factor = step.value;
    }
    return total + factor * (curve(device, end) - curve(device, cursor));
}

/* When the k-th event of a period falls; the jitter is a fixed function of k, the same everywhere. */
static double instant(long long k, long long period, long long jitter)
{
    unsigned long long mixed = (unsigned long long)k * 0x9E3779B97F4A7C15ULL;
    double noise = (double)((mixed ^ (mixed >> 29)) >> 11 & 0xFFFFF) / 524288.0 - 1;
    return ((double)k * (double)period + noise * (double)jitter) * 1e-9;
}

static long long latest(double now, long long period, long long lag, long long jitter)
{
    double shown = now - (double)lag * 1e-9;
    long long k = (long long)floor(shown * 1e9 / (double)period) + 1;
    while (instant(k, period, jitter) > shown)
        k--;
    return k;
}

unsigned long long energy_counter(const Device *device, double now)
{
    if (device->counter_mode == ZERO)
        return 0;
    if (device->counter_mode == FROZEN)
        now = fmax(device->counter_since, 0);
    long long k = latest(now, device->tick, device->tick_lag, device->tick_jitter);
    double at = instant(k, device->tick, device->tick_jitter);
    double total = at < 0 ? -drawn(device, at, 0) : drawn(device, 0, at);
    total += (double)device->counter_start + (double)device->beside * at;
    if (device->counter_mode == BACK)
        total -= device->counter_back;
    return total < 0 ? 0 : (unsigned long long)(total + 1e-6); /* whole joules stay whole */
}

/* The slow average of nvmlDeviceGetPowerUsage, renewed with each tick of the counter. */
unsigned energy_power(const Device *device, double now)
{
    double at = instant(latest(now, device->tick, device->tick_lag, 0), device->tick, 0);
    double window = (double)device->power_window * 1e-9;
    return (unsigned)lround(drawn(device, at - window, at) / window);
}

unsigned long long energy_stamp(const Device *device, double time)
{
    double shifted = time + steps_at(&device->shifts, time, 0);
    return (unsigned long long)(state.wall + llround(shifted * 1e6));
}

static int lost(const Device *device, long long k, double at)
{
    if (device->drop_every > 0 && k % device->drop_every == 0)
        return 1;
    for (size_t i = 0; i < device->gaps.count; i++)
        if (device->gaps.at[i].start < at && at <= device->gaps.at[i].value)
            return 1;
    return 0;
}

/* The samples in the ring stamped later than `seen`, oldest first; how many. */
size_t energy_samples(const Device *device, double now, unsigned long long seen,
                      Sample *into, size_t room)
{
    size_t found = 0, held = 0, ring = (size_t)device->ring;
    long long k = latest(now, device->sample, device->sample_lag, device->sample_jitter);
    /* Backwards from the newest; at most four times around, should nearly all be lost. */
    for (size_t visited = 0; held < ring && visited < 4 * ring; visited++, k--) {
        double at = instant(k, device->sample, device->sample_jitter);
        double start = instant(k - 1, device->sample, device->sample_jitter);
        if (lost(device, k, at))
            continue;
        Sample sample = {energy_stamp(device, at),
                         (unsigned)lround(drawn(device, start, at) / (at - start))};
        if (device->duplicate_every > 0 && k % device->duplicate_every == 0) {
            Sample again = {sample.stamp + 3, sample.milliwatts};
            if (again.stamp > seen && found < room)
                into[found++] = again;
            if (++held == ring)
                break;
        }
        if (sample.stamp > seen && found < room)
            into[found++] = sample;
        held++;
    }
    for (size_t i = 0; i < found / 2; i++) { /* oldest first */
        Sample swapped = into[i];
        into[i] = into[found - 1 - i];
        into[found - 1 - i] = swapped;
    }
    return found;
}
