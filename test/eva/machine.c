/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.c - the machine under the hypervisor as EVA has it: system registers and devices hold anything,
 * firmware answers anything, list registers hold what EL2 wrote, in any state.
 */
#include <__fc_builtin.h>
#include "../../src/arch/arm64/boot.h"
#include "../../src/arch/arm64/gic.h"
#include "../../src/arch/arm64/psci.h"
#include "../../src/arch/arm64/sysreg.h"
#include "memory.h"

u64 host_sysreg_read(const char *name)
{
	(void)name;
	return eva_any();
}

void host_sysreg_write(const char *name, u64 value)
{
	(void)name;
	(void)value;
}

void host_tlbi(const char *operation)
{
	(void)operation;
}

void host_dc(const char *operation, u64 va)
{
	(void)operation;
	(void)va;
}

void host_ic(const char *operation)
{
	(void)operation;
}

void host_wfi(void)
{
	eva_others_write();
}

u32 crc32_of_word(u32 crc, u64 word)
{
	(void)crc;
	(void)word;
	return (u32)eva_any();
}

struct guarded guarded_read32(va_t va)
{
	return (struct guarded){*(volatile u32 *)va, eva_maybe()};
}

struct guarded guarded_write(va_t va, u32 value, u32 width)
{
	if (width == 1)
		*(volatile u8 *)va = (u8)value;
	else if (width == 2)
		*(volatile u16 *)va = (u16)value;
	else
		*(volatile u32 *)va = value;
	return (struct guarded){0, eva_maybe()};
}

/* The interface changes a list register's state, nothing else in it (IHI 0069, ICH_LR<n>_EL2): its INTID is
 * one that EL2 wrote, which lr_write asserts. */
u64 lr_read(u32 n)
{
	const u64 intid = eva_below(INTID_SPECIAL);

	/*@ assert list_register: n < 16; */
	return (eva_any() & ~MASK(32)) + intid;
}

void lr_write(u32 n, u64 value)
{
	/*@ assert list_register: n < 16; */
	/*@ assert interrupt: (value & 0xffffffff) < 1020; */
	(void)n;
	(void)value;
}

void firmware_forward(u64 x[8])
{
	for (u32 i = 0; i < 8; i++)
		x[i] = eva_any();
}

void fp_registers_zero(void)
{
}

bool arch_sha256(u32 sha[8], const void *blocks, u64 count)
{
	(void)sha;
	(void)blocks;
	(void)count;
	return false;
}
