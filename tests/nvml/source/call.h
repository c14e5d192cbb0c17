/* How each function of the interface begins and ends: one at a time, and with the errors that the
 * control file asks for.
 */
#ifndef FAKE_NVML_CALL_H
#define FAKE_NVML_CALL_H

#include "device.h"

#define OFFERED __attribute__((visibility("default"))) int

/* nvml.c */
void call_pause(void);              /* let other threads in, */
void call_resume(void);             /* and go on after them */
int leave(int code);
int enter(const char *function, int device);
int enter_device(const char *function, const Device *device, const void *answer);
int index_of(const Device *device); /* -1: none of ours */

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

/* A function that answers one number about a device. */
#define ANSWER(function, type, value)                                                            \
    OFFERED function(Device *device, type *answer)                                               \
    {                                                                                            \
        ENTER_DEVICE(answer);                                                                    \
        *answer = (type)(value);                                                                 \
        return leave(SUCCESS);                                                                   \
    }

#endif
