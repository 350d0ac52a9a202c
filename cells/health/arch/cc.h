/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cc.h - what lwIP asks of its platform.
 */
#ifndef HEALTH_ARCH_CC_H
#define HEALTH_ARCH_CC_H

#include <stdint.h>

/* network.c */
_Noreturn void network_broken(const char *what);
uint32_t network_random(void);

#define LWIP_PLATFORM_ASSERT(what) network_broken(what)
#define LWIP_PLATFORM_DIAG(what)

#endif
