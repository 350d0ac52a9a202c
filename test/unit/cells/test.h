/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test.h - what every test of the cells includes.
 */
#ifndef TEST_CELLS_H
#define TEST_CELLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
