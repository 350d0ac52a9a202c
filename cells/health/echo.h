/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo.h - a UDP echo (RFC 862).
 */
#ifndef HEALTH_ECHO_H
#define HEALTH_ECHO_H

#include <stdbool.h>
#include <stdint.h>

bool echo_start(uint16_t port);
uint64_t echo_answers(void);

#endif
