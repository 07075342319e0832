/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seccomp, by hand: a list of numbers and six calls whose arguments decide need no library, which ccctl would wait for at every start. The numbers are sorted
 * and joined to ranges, and the filter looks them up by halving: the kernel tries every number once when it takes a filter in, and then knows by heart which
 * are always allowed.
 *
 * A refused call fails with EPERM, and the kernel's log says so; killing would turn every new habit of a C library into an outage. A call that did not exist
 * when this was written fails with ENOSYS, which is how libraries learn to use the older one. */
#include "common/confine_parts.h"

#include <asm/termbits.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#else
#define ARCH 0 /* numbers not looked at by anybody: no filter */
#endif

#if defined(__s390x__)
#define CLONE_FLAGS_ARG 1
#else
#define CLONE_FLAGS_ARG 0
#endif

/* The last call that was known when the list was written (set_mempolicy_home_node, Linux 5.17); since 403 the numbers are the same everywhere. */
#define LAST_KNOWN (SYS_openat2 + 13)

#define ALLOW   SECCOMP_RET_ALLOW
#define REFUSE  (SECCOMP_RET_ERRNO | EPERM)
#define UNKNOWN (SECCOMP_RET_ERRNO | ENOSYS)

/* Not every machine has the newer form. */
#ifndef TCGETS2
#define TCGETS2  TCGETS
#define TCSETS2  TCSETS
#define TCSETSW2 TCSETSW
#define TCSETSF2 TCSETSF
#endif

#define PR_SET_VMA_NAME 0x53564d41 /* newer than Debian 12's headers; glibc names its memory */

enum { CODE_MAX = 900 };

struct filter {
	unsigned short n;
	struct sock_filter code[CODE_MAX];
};

struct range {
	uint32_t first, last;
};

static const struct {
	unsigned group;
	uint32_t nr;
} numbers[] = {
#define N(group, nr) { CC_CALLS_##group, nr },
#include "common/confine_numbers.h"
#undef N
};

static void put(struct filter *f, unsigned code, unsigned jt, unsigned jf, uint32_t k)
{
	CC_PRE(f->n < CODE_MAX && jt < 256 && jf < 256);
	f->code[f->n++] = (struct sock_filter){ (unsigned short)code, (unsigned char)jt, (unsigned char)jf, k };
}

static void load(struct filter *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The half of an argument that holds an int. */
static void load_arg(struct filter *f, unsigned i)
{
	load(f, offsetof(struct seccomp_data, args) + i * sizeof(uint64_t) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0));
}

static void jump_equal(struct filter *f, uint32_t k, unsigned jt, unsigned jf)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, jt, jf, k);
}

static void answer(struct filter *f, uint32_t action)
{
	put(f, BPF_RET | BPF_K, 0, 0, action);
}

/* Call `nr` only with one of these values in argument `arg`, of which the bits outside `mask` do not count. */
static void allow_values(struct filter *f, long nr, unsigned arg, uint32_t mask, const uint32_t *values, unsigned n)
{
	jump_equal(f, (uint32_t)nr, 0, n + 4);
	load_arg(f, arg);
	put(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	for (unsigned i = 0; i < n; i++)
		jump_equal(f, values[i], n - i, 0);
	answer(f, REFUSE);
	answer(f, ALLOW);
}

/* Streams and datagrams of the families that we speak, and the netlink that name lookups ask for addresses; nothing raw. */
static void allow_socket(struct filter *f)
{
	jump_equal(f, SYS_socket, 0, 13);
	load_arg(f, 0);
	jump_equal(f, AF_UNIX, 9, 0);
	jump_equal(f, AF_INET, 4, 0);
	jump_equal(f, AF_INET6, 3, 0);
	jump_equal(f, AF_NETLINK, 0, 7);
	load_arg(f, 2);
	jump_equal(f, NETLINK_ROUTE, 4, 5);
	load_arg(f, 1);
	put(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf);
	jump_equal(f, SOCK_STREAM, 1, 0);
	jump_equal(f, SOCK_DGRAM, 0, 1);
	answer(f, ALLOW);
	answer(f, REFUSE);
}

static void allow_by_argument(struct filter *f, const struct cc_confine *c)
{
	const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
	const uint32_t thread[] = { CLONE_THREAD }, self[] = { (uint32_t)getpid(), 0 };
	const uint32_t prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_VMA_NAME };
	/* The modes of a terminal stand at the end. TIOCSTI, which types into it, stands nowhere. */
	const uint32_t ioctls[] = { TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, SIOCGIFINDEX, SIOCGIFNAME, TCSETS, TCSETSW, TCSETSF, TCSETS2,
		TCSETSW2, TCSETSF2 };

	allow_socket(f);
	allow_values(f, SYS_clone, CLONE_FLAGS_ARG, namespaces | CLONE_THREAD, thread, 1);
	allow_values(f, SYS_prctl, 0, ~0u, prctls, CC_ARRAY_LEN(prctls));
	allow_values(f, SYS_ioctl, 1, ~0u, ioctls, CC_ARRAY_LEN(ioctls) - (c->calls & CC_CALLS_TERMINAL ? 0 : 6));
	allow_values(f, SYS_tgkill, 0, ~0u, self, 1);
	allow_values(f, SYS_prlimit64, 0, ~0u, self, 2);
}

static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static size_t collect(const struct cc_confine *c, struct range *to)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < CC_ARRAY_LEN(numbers); i++)
		if (numbers[i].group == CC_CALLS_BASE || (c->calls & numbers[i].group) != 0)
			to[n++] = (struct range){ numbers[i].nr, numbers[i].nr };
#ifdef SYS_clone3
	/* Answered by refuse_clone3 before this is asked. */
	to[n++] = (struct range){ SYS_clone3, SYS_clone3 };
#endif
	qsort(to, n, sizeof(*to), by_first);
	for (size_t i = 1; i < n; i++) {
		if (to[i].first > to[kept].last + 1)
			to[++kept] = to[i];
		else
			to[kept].last = to[i].last;
	}
	return kept + 1;
}

static void look_up(struct filter *f, const struct range *r, size_t n)
{
	size_t half = n / 2;
	unsigned short jump;

	if (n == 1) {
		put(f, BPF_JMP | BPF_JGE | BPF_K, 0, 2, r->first);
		put(f, BPF_JMP | BPF_JGT | BPF_K, 1, 0, r->last);
		answer(f, ALLOW);
		answer(f, REFUSE);
		return;
	}
	put(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, r[half].first);
	jump = f->n;
	put(f, BPF_JMP | BPF_JA, 0, 0, 0);
	look_up(f, r, half);
	f->code[jump].k = f->n - jump - 1u;
	look_up(f, r + half, n - half);
}

/* It has its flags where no filter can see them. Libraries then use clone. */
static void refuse_clone3(struct filter *f)
{
#ifdef SYS_clone3
	jump_equal(f, SYS_clone3, 0, 1);
	answer(f, UNKNOWN);
#endif
}

static void write_filter(struct filter *f, const struct cc_confine *c)
{
	struct range ranges[CC_ARRAY_LEN(numbers) + 1];
	size_t n = collect(c, ranges);
	uint32_t last = ranges[n - 1].last > LAST_KNOWN ? ranges[n - 1].last : LAST_KNOWN;

	f->n = 0;
	load(f, offsetof(struct seccomp_data, arch));
	jump_equal(f, ARCH, 1, 0);
	answer(f, REFUSE);
	load(f, offsetof(struct seccomp_data, nr));
	put(f, BPF_JMP | BPF_JGT | BPF_K, 0, 1, last);
	answer(f, UNKNOWN);
	if (!c->tell_kernel_log)
		refuse_clone3(f);
	allow_by_argument(f, c);
	look_up(f, ranges, n);
}

/* Every new thread tries clone3: a filter of its own, which logs nothing. */
static void write_quiet_filter(struct filter *f)
{
	f->n = 0;
	load(f, offsetof(struct seccomp_data, nr));
	refuse_clone3(f);
	answer(f, ALLOW);
}

static int install(const struct filter *f, unsigned flags, struct cc_error *err)
{
	struct sock_fprog program = { .len = f->n, .filter = (struct sock_filter *)(uintptr_t)f->code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
		return cc_fail_errno(err, "limiting system calls");
	return 0;
}

bool cc_confine_has_calls(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return ARCH != 0 && !CC_CONFINE_SANITIZED && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int cc_confine_limit_calls(const struct cc_confine *c, struct cc_error *err)
{
	struct filter f;

	if (c->tell_kernel_log) {
		write_quiet_filter(&f);
		if (install(&f, SECCOMP_FILTER_FLAG_TSYNC, err) < 0)
			return -1;
	}
	write_filter(&f, c);
	if (!c->tell_kernel_log)
		return install(&f, SECCOMP_FILTER_FLAG_TSYNC, err);
	return install(&f, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, err);
}
