/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - the hostile cell: a bare-metal guest on one core that does at EL1 and EL0 whatever a guest can,
 * by the thousand, from a seed. It keeps count in memory (struct report), which the host reads.
 *
 * It brings its own vectors and tables, and needs none of cells/lib: most of what a library relies on is what
 * it attacks. All of its memory is mapped three times (space.c): identity for EL1, for EL0, and as device.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#define SYSREG_FIRST   0x4000 /* op0 1 */
#define SYSREG_COUNT   0xc000 /* to the end of op0 3 */
#define TRY_OVER       0x5a   /* SVC number at the end of what is tried */
#define FORM_NAME      32
#define FORMS_MAX      128
#define CALL_STUBS     4

#define FORM_WORD      0 /* FORM_PLAIN, and its value is looked at */
#define FORM_PLAIN     1 /* has a syndrome: emulated */
#define FORM_BLIND     2 /* has none: never succeeds on an emulated page */
#define FORM_EXCLUSIVE 3 /* may fail for want of a monitor, without an access */
#define FORM_HINT      4 /* may do nothing */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

struct regs { /* start.S knows the layout */
	u64 x[31];
	u64 esr, elr, far; /* of the exception that ended it */
};
_Static_assert(offsetof(struct regs, esr) == 248 && offsetof(struct regs, far) == 264, "start.S");

/* ---- what the host says, in a source it writes from the blueprint ---- */
enum page_kind { PAGE_GICD, PAGE_GICR, PAGE_PL011 }; /* enum bp_mmio_kind */
struct plan_page {
	u64 ipa, size;
	u32 kind;
};
struct plan {
	const struct plan_page *pages; /* every emulated one */
	u32 page_count;
	u64 gicd, gicr, uart; /* of these, by kind */
	const u64 *foreign;   /* addresses that are none of this cell's */
	u32 foreign_count;
	u64 mpidr;
	const u64 *mpidrs; /* of all cores */
	u32 mpidr_count;
	u64 ram, ram_size;
	u32 owned[32];	 /* interrupts: a bit each, SGIs and PPIs in word 0 */
	u32 anyones[32]; /* those and all of other cells */
};
extern const struct plan plan;

/* ---- what the host reads ---- */
enum report_state { STATE_IDLE = 1, STATE_RUNNING, STATE_DONE, STATE_LOST };
#define WRONGS_MAX 8
struct wrong { /* a claim that did not hold; what: see wrong() */
	u64 what, a, b, c;
};
struct report {
	u64 state;
	u64 attack, seed, wanted;
	u64 done;
	u64 classes[64]; /* exceptions taken, by class */
	u64 external;	 /* aborts that EL2 gave */
	u64 taken;	 /* interrupts */
	u64 audits;	 /* of all interrupts, each delivered once */
	u64 wrong_count;
	struct wrong wrongs[WRONGS_MAX];
	u64 lost[3];		 /* ESR, ELR, FAR */
	u64 forms[FORMS_MAX][4]; /* done, external abort, Undefined, other */
};
extern volatile struct report report;

enum sysreg_outcome { /* a byte an access; from SYSREG_OTHER on: and the exception class */
		      SYSREG_UNVISITED,
		      SYSREG_DONE, /* a value was read; or written, and there is no reading it */
		      SYSREG_UNDEFINED,
		      SYSREG_STORED,  /* reads back changed */
		      SYSREG_IGNORED, /* reads back unchanged */
		      SYSREG_SAME,    /* what was read was written back: anything else would end the attack
					 itself */
		      SYSREG_OTHER = 0x80,
};
struct sysreg_record {
	u64 value[2];	      /* read at EL1, EL0 */
	u8 read[2], write[2]; /* enum sysreg_outcome */
	u32 pad;
};
extern struct sysreg_record sysreg_records[SYSREG_COUNT];

/* ---- main.c ---- */
#define WRONG_OUTCOME	   1 /* exception class that can't be: number, ESR, FAR */
#define WRONG_EXECUTED	   2 /* came back from a page that isn't its own: address */
#define WRONG_SUCCEEDED	   3 /* an access without a syndrome was done: form, address, EL0 */
#define WRONG_FOREIGN_BITS 4 /* bits of others' interrupts: address, value, owned */
#define WRONG_ANSWER	   5 /* function ID, its first argument, x0 */
#define WRONG_SPOILED	   6 /* a call changed a register: function ID, number, value */
#define WRONG_INTERRUPT	   7 /* another's interrupt was delivered: INTID */
#define WRONG_DELIVERY	   8 /* INTID and how << 32, times delivered and wanted << 32, pending | active << 1 */
#define WRONG_STORED	   9 /* a read from a page that isn't its own: address, value */
void wrong(u64 what, u64 a, u64 b, u64 c);
void hostile_main(void);
void hostile_lost(u64 esr, u64 elr, u64 far);

/* Runs the stub at `code`; its exception class is counted and returned, EC_OVER if the stub came to its end.
 */
#define EC_UNDEFINED 0x00u
#define EC_OVER	     0x15u
u32 try(struct regs *regs, u64 code, bool el0);
void try_run(struct regs *regs, u64 code, u64 spsr);
bool was_external(const struct regs *regs); /* the abort: injected by EL2, not stage 1's own */

u64 now(void); /* CNTVCT_EL0 */

u64 random_next(void);
u64 random_below(u64 limit);
u32 random_interrupt(const u32 *words); /* of those with a bit */
u64 random_value(void);			/* often 0, all ones or a single bit */

/* ---- space.c ---- */
#define SPACE_BITS 37u /* of each of the four copies of the address space */
u64 space_el0(u64 address);
u64 space_device(u64 address, bool el0);
void space_start(void);
void space_upper(bool on, u64 table); /* walks of the upper half, from there */
#define SPACE_UPPER UINT64_C(0xffffff8000000000)

/* ---- the classes ---- */
void attack_sysregs(u64 count);
void attack_calls(u64 count);
void attack_pages(u64 count);
void attack_fetches(u64 count);
void attack_storms(u64 count);
void attack_life(u64 how);
void storm_interrupt(void);

/* ---- stubs.S ---- */
extern const char sysreg_reads[], sysreg_writes[], calls[], jump[], load[], store[], forms[], forms_end[];
extern const u8 form_kinds[];

/* ---- registers ---- */
static inline u32 read32(u64 address)
{
	u32 value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write32(u64 address, u32 value)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline void write8(u64 address, u8 value)
{
	__asm__ volatile("strb %w0, [%1]" ::"r"((u32)value), "r"(address) : "memory");
}

static inline void write64(u64 address, u64 value)
{
	__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}

#define sysreg_read(name)                                                                                    \
	({                                                                                                   \
		u64 value_;                                                                                  \
		__asm__ volatile("mrs %0, " name : "=r"(value_)::"memory");                                  \
		value_;                                                                                      \
	})
#define sysreg_write(name, value) __asm__ volatile("msr " name ", %0\n\tisb" ::"r"((u64)(value)) : "memory")
#endif

#endif
